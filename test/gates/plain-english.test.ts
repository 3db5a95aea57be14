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
  "{bench,cli,config,deploy,dev,docs,eval,examples,functions,home,lib,resources,test,worker}/**/*.{md,ts,js,cjs,css,html,sh,sql,toml,tsv,yml,yaml,dart,py}",
];
/** The guide names the words, and so does this folder. */
const EXCEPT = ["package-lock.json", GUIDE, "test/gates/**"];

const BANNED: Readonly<Record<string, RegExp>> = {
  mend: /\bmend(?:s|ed|ing)?\b/gi,
  anew: /\banew\b/gi,
  lest: /\blest\b/gi,
  thereby: /\bthereby\b/gi,
  whoever: /\bwhoever\b/gi,
  whatever: /\bwhatever\b/gi,
  "none is": /\bnone (?:is|are)\b/gi,
  "is none": /\b(?:is|are) none\b/gi,
  "by itself": /\bby (?:itself|themselves)\b/gi,
  neighbour: /\bneighbour(?:s|ing)?\b/gi,
  "so often, it is": /\bso often, it is\b/gi,
};

/** The text as a sentence: a line break and the mark of a comment are one space. */
const unwrapped = (text: string) => text.replaceAll(/\s*\n\s*(?:\*(?!\/)|\/\/|#+|>)?\s*/g, " ");

function bannedIn(text: string): string[] {
  const sentence = unwrapped(text);
  return Object.values(BANNED).flatMap((pattern) =>
    [...sentence.matchAll(pattern)].map(({ index }) => sentence.slice(Math.max(0, index - 40), index + 40)),
  );
}

test("a banned word is found in a comment, in a string and across a comment's lines", () => {
  assert.equal(bannedIn("// Sealed anew.").length, 1);
  assert.equal(bannedIn('const text = "Mend the fields";').length, 1);
  assert.equal(bannedIn("/**\n * The rate where none\n * is set.\n */").length, 1);
  assert.equal(bannedIn("const recommended = isNone; // nonetheless, an amendment").length, 0);
});

test("the guide names every banned word", () => {
  const guide = readFileSync(join(ROOT, GUIDE), "utf8");
  const missing = Object.keys(BANNED).filter((word) => !guide.includes(word));
  assert.deepEqual(missing, []);
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
