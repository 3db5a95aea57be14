/** Which tests a change of a file concerns, nearest first. */
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";

const IMPORT = /(?:from|import|import\(|new URL\() ?"(\.[^"]+\.ts)"/g;

const directImports = (root: string, file: string): string[] =>
  [...readFileSync(join(root, file), "utf8").matchAll(IMPORT)].map(([, path = ""]) => join(dirname(file), path));

/** All files that a file imports, directly or through others, and the file. Paths are relative to `root`. */
export function importsOf(root: string, file: string, found = new Set<string>()): Set<string> {
  if (found.has(file)) return found;
  found.add(file);
  for (const imported of directImports(root, file)) importsOf(root, imported, found);
  return found;
}

/** A test file, with how long it takes and what it imports. */
export interface TestFile {
  readonly file: string;
  readonly durationMs: number;
  readonly imports: ReadonlySet<string>;
}

/** 0 for the tests of this very file, 1 for those of its folder, 2 for the others. */
function distance(file: string, test: string): number {
  if (dirname(file) !== dirname(test)) return 2;
  const name = basename(file, ".ts");
  return basename(test) === `${name}.test.ts` || basename(test).startsWith(`${name}-`) ? 0 : 1;
}

/** The tests that import a file, the nearest first, and of those the quickest first. */
export const testsOf = (file: string, tests: readonly TestFile[]): string[] =>
  tests
    .filter(({ imports }) => imports.has(file))
    .map((test) => ({ ...test, distance: distance(file, test.file) }))
    .toSorted((a, b) => a.distance - b.distance || a.durationMs - b.durationMs)
    .map((test) => test.file);
