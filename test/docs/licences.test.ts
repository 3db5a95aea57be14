/** docs/licences.md: it names the licence of every production package, and no other. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, test } from "node:test";
import * as z from "zod/mini";
import { readPage } from "./commands.ts";
import { ROOT } from "./openapi-file.ts";

const packageSchema = z.object({ license: z.string(), dev: z.optional(z.boolean()) });
const lockSchema = z.object({ packages: z.record(z.string(), z.unknown()) });

const readJson = async (path: string): Promise<unknown> => JSON.parse(await readFile(join(ROOT, path), "utf8"));

/** The licence of each production package of any platform, by its folder. */
let licences: ReadonlyMap<string, string>;

before(async () => {
  const { packages } = lockSchema.parse(await readJson("package-lock.json"));
  licences = new Map(
    Object.entries(packages).flatMap(([folder, entry]) => {
      if (folder === "") return [];
      // A package without a licence must not pass unseen.
      const { license, dev = false } = packageSchema.parse({ license: "none", ...z.looseObject({}).parse(entry) });
      return dev ? [] : [[folder, license] as const];
    }),
  );
});

test("docs/licences.md lists exactly the licences of the image", () => {
  const [, table = ""] = readPage("docs/licences.md").split("## What the image carries");
  const named = [...table.matchAll(/^\| `([^`]+)` +\|/gm)].map(([, licence = ""]) => licence);
  assert.ok(licences.size > 100, String(licences.size));
  assert.deepEqual(new Set(named), new Set(licences.values()));
});

test("the installed packages have the licences of the lock file", async () => {
  const installed = [...licences].filter(([folder]) => existsSync(join(ROOT, folder, "package.json")));
  assert.ok(installed.length > 100, String(installed.length));
  for (const [folder, licence] of installed) {
    const { license } = packageSchema.parse(await readJson(join(folder, "package.json")));
    assert.equal(license, licence, folder);
  }
});

test("each package in docs/licences.md has the licence of its row", () => {
  const rows = readPage("docs/licences.md").matchAll(/^\| `([^`]+)` +\| ([^|]+)\|/gm);
  for (const [, licence = "", packages = ""] of rows) {
    for (const [, name = ""] of packages.matchAll(/`([^`]+)`/g)) {
      const folders = [...licences.keys()].filter((folder) =>
        name.endsWith("*")
          ? folder.includes(`node_modules/${name.slice(0, -1)}`)
          : folder.endsWith(`node_modules/${name}`),
      );
      assert.ok(folders.length > 0, `${name} is not installed`);
      for (const folder of folders) assert.equal(licences.get(folder), licence, folder);
    }
  }
});
