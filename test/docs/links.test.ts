import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import * as z from "zod/mini";
import { ROOT } from "./openapi-file.ts";

const PAGES = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT });

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");

/** A page without its blocks of code. */
const prose = (page: string) => read(page).replaceAll(/^```[\s\S]*?^```/gm, "");

/** The anchor that a heading gets on GitHub. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

const anchorsIn = (page: string) =>
  [...prose(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));

const linksIn = (page: string) =>
  [...prose(page).matchAll(/(?<=\]\()[^)\s]+(?=\))|(?<=src=")[^"]+(?=")/g)].map(([link]) => link);

for (const page of PAGES) {
  test(`${page}: every link and picture exists`, () => {
    for (const link of linksIn(page)) {
      if (/^(https?|mailto):/.test(link)) continue;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : join(dirname(page), path);
      assert.ok(existsSync(join(ROOT, target)), `${link} is not there`);
      if (anchor !== undefined && target.endsWith(".md")) {
        assert.ok(anchorsIn(target).includes(anchor), `${link}: there is no such heading`);
      }
    }
  });

  test(`${page}: every file and npm script that it names exists`, () => {
    const text = read(page);
    for (const [, file = ""] of text.matchAll(/`((?:functions|worker|lib|cli|dev|eval|test|bench|docs)\/[\w./-]*)`/g)) {
      assert.ok(existsSync(join(ROOT, file)), `${file} is not there`);
    }
    const { scripts } = z.object({ scripts: z.record(z.string(), z.string()) }).parse(JSON.parse(read("package.json")));
    for (const [, script = ""] of text.matchAll(/npm run ([\w:-]+)/g)) assert.ok(scripts[script], `npm run ${script}`);
  });
}

test("docs/README.md lists every page and every decision", () => {
  const index = new Set(linksIn("docs/README.md").map((link) => join("docs", link)));
  for (const page of PAGES.filter((path) => path.startsWith("docs/") && path !== "docs/README.md")) {
    assert.ok(index.has(page), `${page} is not in docs/README.md`);
  }
});

test("every picture in docs/images is on some page", () => {
  const shown = new Set(PAGES.flatMap((page) => linksIn(page).map((link) => join(dirname(page), link))));
  const pictures = globSync("docs/images/*", { cwd: ROOT });
  assert.ok(pictures.length > 2);
  for (const picture of pictures) assert.ok(shown.has(picture), `${picture} is on no page`);
});
