/**
 * Mutation testing: `node test/mutation/main.ts [seed]` changes one place of the code at a time, in a copy, and runs the
 * tests beside it. A mutant that no test notices is printed. It takes a sample for each target, so that it ends in minutes;
 * the seed chooses the sample.
 */
import { spawnSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { globSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mutantsOf, sample, type Mutant } from "./mutants.ts";

const ROOT = join(import.meta.dirname, "../..");
const TEST_TIMEOUT_MS = 60_000;
/** No further mutant is tried after this time, so that a slow machine ends too. */
const TARGET_MS = 100_000;

/** What is changed, the tests that must notice it, how many mutants are tried, and the share that must be noticed. */
const TARGETS = {
  passport: {
    files: ["lib/passport/**/*.ts"],
    tests: ["lib/passport/**/*.test.ts"],
    count: 30,
    floor: 0.8,
  },
  protocol: {
    files: ["lib/record/may-verify.ts", "lib/queue/record-cache.ts", "lib/providers/circuit.ts"],
    tests: ["lib/record/may-verify.test.ts", "lib/queue/record-cache.test.ts", "lib/providers/circuit.test.ts"],
    count: 15,
    floor: 0.8,
  },
  runs: {
    files: ["worker/run/run-job.ts", "worker/endings.ts"],
    tests: ["worker/run/run-job.test.ts", "worker/endings.test.ts", "worker/consumer.test.ts"],
    count: 15,
    floor: 0.8,
  },
} as const;

type Target = (typeof TARGETS)[keyof typeof TARGETS];

const listed = (patterns: readonly string[]) => globSync([...patterns], { cwd: ROOT }).toSorted();

async function mutantsOfTarget({ files, count }: Target, seed: number): Promise<Mutant[]> {
  const all: Mutant[] = [];
  for (const file of listed(files)) {
    if (!file.endsWith(".test.ts")) all.push(...mutantsOf(file, await readFile(join(ROOT, file), "utf8")));
  }
  return sample(all, count, seed);
}

function passes(copy: string, tests: readonly string[]): boolean {
  const { NODE_TEST_CONTEXT: _outer, ...env } = process.env;
  const args = ["--test", `--test-timeout=${TEST_TIMEOUT_MS}`, ...tests];
  return spawnSync(process.execPath, args, { cwd: copy, env, stdio: "ignore" }).status === 0;
}

async function run(name: string, target: Target, copy: string, seed: number): Promise<boolean> {
  const tests = listed(target.tests);
  if (!passes(copy, tests)) {
    console.log(`${name}: the tests fail without a mutant`);
    return false;
  }
  const mutants = await mutantsOfTarget(target, seed);
  const startedAt = performance.now();
  let tried = 0;
  let noticed = 0;
  for (const mutant of mutants) {
    if (performance.now() - startedAt > TARGET_MS) break;
    tried += 1;
    const path = join(copy, mutant.file);
    const original = await readFile(path, "utf8");
    await writeFile(path, mutant.text);
    if (passes(copy, tests)) console.log(`survived: ${mutant.file}:${mutant.line} "${mutant.from}" -> "${mutant.to}"`);
    else noticed += 1;
    await writeFile(path, original);
  }
  const share = noticed / tried;
  console.log(`${name}: ${noticed} of ${tried} mutants noticed (floor ${target.floor * 100} %)`);
  return share >= target.floor;
}

async function main(): Promise<void> {
  const seed = Number(process.argv[2] ?? 1);
  const folder = await mkdtemp(join(tmpdir(), "kyc-mutation-"));
  try {
    const copy = join(folder, "copy");
    for (const name of ["lib", "worker", "dev", "test", "package.json"]) {
      await cp(join(ROOT, name), join(copy, name), { recursive: true });
    }
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    for (const [name, target] of Object.entries(TARGETS)) {
      if (!(await run(name, target, copy, seed))) process.exitCode = 1;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

await main();
