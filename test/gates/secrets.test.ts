/** The secret scan of `npm run check` finds tokens and keys, in visible and in hidden files. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import * as z from "zod/mini";

const ROOT = join(import.meta.dirname, "../..");
const RULES = ".secretlintrc.json";
const packageSchema = z.object({ scripts: z.object({ "check:secrets": z.string() }) });

/** Runs the script of `package.json` on a folder with one file. */
async function scan(t: TestContext, name: string, text: string) {
  const folder = await mkdtemp(join(tmpdir(), "kyc-secrets-"));
  t.after(() => rm(folder, { recursive: true }));
  for (const file of [RULES, ".gitignore"]) await copyFile(join(ROOT, file), join(folder, file));
  await writeFile(join(folder, name), text);
  const { scripts } = packageSchema.parse(JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")));
  const env = { ...process.env, PATH: `${join(ROOT, "node_modules/.bin")}:${process.env["PATH"]}` };
  const { status, stdout } = spawnSync(scripts["check:secrets"], { cwd: folder, env, shell: true, encoding: "utf8" });
  return { status, stdout };
}

// Put together here, so that the scan does not find them in this file.
const TOKEN = ["ghp", "x7Kq9LmZ2pR4tV6wY8aB1cD3eF5gH7jK9mN1"].join("_");
const AWS_KEY = ["aws_secret_access_key", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzzzzzzzKEY"].join(" = ");

test("a token in a file fails the check", async (t) => {
  const { status, stdout } = await scan(t, "notes.txt", `token = ${TOKEN}\n`);
  assert.equal(status, 1);
  assert.match(stdout, /github/i);
});

test("an AWS key in a hidden file fails the check", async (t) => {
  const { status, stdout } = await scan(t, ".hidden.yml", `${AWS_KEY}\n`);
  assert.equal(status, 1);
  assert.match(stdout, /AWS Secret Access Key/);
});

test("a file without secrets passes", async (t) => {
  const { status } = await scan(t, "notes.txt", "The key is in the Parameter Store.\n");
  assert.equal(status, 0);
});
