/** No file of the project uses the words that `docs/style.md` bans. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const ROOT = join(import.meta.dirname, "../..");
const GUIDE = "docs/style.md";
const FILES = [
  "*.{md,ts,yml,yaml,http,json}",
  "{.env.example,.editorconfig,.dockerignore,.gitignore,.npmrc,.checkov.yaml,Dockerfile.worker}",
  ".ci/run",
  ".github/**/*.{md,yml}",
  // Not its Python, which says `is None`.
  "training/*.md",
  "{bench,cli,config,deploy,dev,docs,eval,examples,functions,home,lib,resources,test,worker}/**/*.{md,ts,js,cjs,css,html,sh,sql,toml,tsv,yml,yaml,dart,py}",
];
/** The guide names the words, and so does this folder. */
const EXCEPT = ["package-lock.json", GUIDE, "test/gates/**"];

/** The words of the guide's table of banned words: its first column. */
const WORDS = (readFileSync(join(ROOT, GUIDE), "utf8").split("| banned")[1] ?? "")
  .split("\n\n", 1)
  .flatMap((table) => table.split("\n").slice(2))
  .flatMap((row) => (row.split("|")[1] ?? "").split(";").map((word) => word.trim()));
const BANNED = new RegExp(`\\b(?:${WORDS.join("|")})(?:s|ed|ing)?\\b`, "gi");

/** The text as a sentence: a line break and the mark of a comment are one space. */
const unwrapped = (text: string) => text.replaceAll(/\s*\n\s*(?:\*(?!\/)|\/\/|#+|>)?\s*/g, " ");

function bannedIn(text: string): string[] {
  const sentence = unwrapped(text);
  return [...sentence.matchAll(BANNED)].map(({ index }) => sentence.slice(Math.max(0, index - 40), index + 40));
}

test("a banned word is found in a comment, in a string and across a comment's lines", () => {
  assert.equal(bannedIn("// Sealed anew.").length, 1);
  assert.equal(bannedIn('const text = "Mend the fields";').length, 1);
  assert.equal(bannedIn("/**\n * The rate where none\n * is set.\n */").length, 1);
  assert.equal(bannedIn("const recommended = isNone; // nonetheless, an amendment").length, 0);
});

test("every banned word of the guide is found, with any ending", () => {
  assert.equal(WORDS.length, 14);
  for (const word of WORDS)
    for (const ending of ["", "s", "ing"]) assert.equal(bannedIn(`A ${word}${ending}.`).length, 1);
});

test("no file uses a banned word", () => {
  const files = globSync(FILES, { cwd: ROOT, exclude: ["**/node_modules/**", ...EXCEPT] });
  assert.ok(files.length > 300, `only ${files.length} files were read`);
  const found = files.flatMap((file) => {
    const excerpts = bannedIn(readFileSync(join(ROOT, file), "utf8"));
    return excerpts.map((excerpt) => `${file}: ${excerpt}`);
  });
  assert.deepEqual(found, []);
});
