/**
 * Mutation testing: `node test/mutation/main.ts [seed]` changes one place of the code at a time, in a copy, and runs the
 * tests that import it, the nearest first, until one fails. A mutant that no test notices is printed. It takes a sample
 * for each target, so that it ends in minutes; the seed chooses the sample.
 */
import { globSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "node:test";
import { cloneFolder } from "../e2e/terminal.ts";
import { importsOf, testsOf, type TestFile } from "./near.ts";
import { mutantsOf, sample, type Mutant } from "./mutants.ts";

/** So many mutants are tried at a time, each in a copy of its own. */
const COPIES = 2;
/** A mutant may wait for something that never comes: that is noticed too. */
const TEST_TIMEOUT_MS = 120_000;

/** What is changed, the tests that must notice it, how many mutants are tried, and the share that must be noticed. */
const TARGETS = {
  protocol: {
    // `records.ts` is the operator's view, not of the protocol.
    files: ["lib/{queue,record}/!(records).ts", "worker/run/*.ts", "worker/{endings,suspects}.ts"],
    tests: ["lib/{queue,record}/*.test.ts", "worker/**/*.test.ts"],
    count: 40,
    floor: 0.9,
  },
  passport: {
    // The profiles are a table of facts: no test can know better.
    files: ["lib/passport/**/!(profiles).ts"],
    tests: ["lib/passport/**/*.test.ts"],
    count: 60,
    floor: 0.9,
  },
} as const;

type Target = (typeof TARGETS)[keyof typeof TARGETS];

const listed = (cwd: string, patterns: readonly string[]) => globSync([...patterns], { cwd }).toSorted();

/** Runs test files in a copy until one of their tests fails: which one. `onEnd` hears of each file that ended. */
async function failureOf(cwd: string, files: readonly string[], onEnd?: (file: string, durationMs: number) => void) {
  const stop = new AbortController();
  const events = run({
    cwd,
    files: files.map((file) => join(cwd, file)),
    execArgv: ["--import=./test/every-file.ts", `--test-timeout=${TEST_TIMEOUT_MS}`],
    concurrency: onEnd === undefined ? 1 : COPIES,
    timeout: TEST_TIMEOUT_MS,
    signal: stop.signal,
  });
  let failure: string | undefined;
  events.on("test:fail", ({ file, name }) => {
    failure ??= `${file ?? ""}: ${name}`;
    stop.abort();
  });
  events.on("test:summary", ({ file, duration_ms }) => file !== undefined && onEnd?.(file, duration_ms));
  for await (const event of events) void event;
  return failure;
}

/** Runs the tests without a mutant, for how long each file takes. */
async function timeTests(copy: string, files: readonly string[]): Promise<TestFile[]> {
  const durations = new Map<string, number>();
  const failure = await failureOf(copy, files, (file, durationMs) => durations.set(file, durationMs));
  if (failure !== undefined) throw new Error(`A test fails without a mutant: ${failure}.`);
  return files.map((file) => ({
    file,
    durationMs: durations.get(join(copy, file)) ?? 0,
    imports: importsOf(copy, file),
  }));
}

async function mutantsOfTarget(copy: string, { files, count }: Target, seed: number): Promise<Mutant[]> {
  const sources = listed(copy, files).filter((file) => !file.endsWith(".test.ts"));
  const all = await Promise.all(sources.map(async (file) => mutantsOf(file, await readFile(join(copy, file), "utf8"))));
  return sample(all.flat(), count, seed);
}

async function survives(copy: string, mutant: Mutant, tests: readonly TestFile[]): Promise<boolean> {
  const path = join(copy, mutant.file);
  const original = await readFile(path, "utf8");
  await writeFile(path, mutant.text);
  const failure = await failureOf(copy, testsOf(mutant.file, tests));
  await writeFile(path, original);
  return failure === undefined;
}

/** Tries the sample of a target in all copies. Resolves with whether enough mutants were noticed. */
async function tryTarget(name: string, target: Target, copies: readonly string[], seed: number): Promise<boolean> {
  const [copy = ""] = copies;
  const tests = await timeTests(copy, listed(copy, target.tests));
  const mutants = await mutantsOfTarget(copy, target, seed);
  const left = mutants.values();
  let survivors = 0;
  await Promise.all(
    copies.map(async (copy) => {
      for (const mutant of left) {
        if (!(await survives(copy, mutant, tests))) continue;
        survivors += 1;
        console.log(`survived: ${mutant.file}:${mutant.line} "${mutant.from}" -> "${mutant.to}" in ${mutant.changed}`);
      }
    }),
  );
  const noticed = mutants.length - survivors;
  console.log(`${name}: ${noticed} of ${mutants.length} mutants noticed (floor ${target.floor * 100} %)`);
  return noticed / mutants.length >= target.floor;
}

async function main(): Promise<void> {
  const seed = Number(process.argv[2] ?? 1);
  await using resources = new AsyncDisposableStack();
  const copies: string[] = [];
  for (let index = 0; index < COPIES; index++) copies.push(resources.use(await cloneFolder()).path);
  for (const [name, target] of Object.entries(TARGETS)) {
    if (!(await tryTarget(name, target, copies, seed))) process.exitCode = 1;
  }
}

await main();
