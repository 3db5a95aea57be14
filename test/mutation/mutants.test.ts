import assert from "node:assert/strict";
import { test } from "node:test";
import { mutantsOf, sample } from "./mutants.ts";
import { testsOf } from "./near.ts";

const CODE = `/** Whether a === b. */
export const isSame = (a: number, b: number) => a === b; // a && b
if (isSame(1, 2)) log.info("1 === 2");
const query = (a: number) => \`a < 1 AND b = \${a === 1} OR a < 2\`;
`;

test("a mutant changes one place of the code, and no comment or text", () => {
  const mutants = mutantsOf("same.ts", CODE);
  assert.deepEqual(
    mutants.map(({ line, from, to }) => [line, from, to]),
    [
      [2, "===", "!=="],
      [4, "===", "!=="],
      [3, "", "!!0 && "],
    ],
  );
  assert.equal(mutants[0]?.text, CODE.replace("a === b;", "a !== b;"));
  assert.equal(mutants[0]?.changed, "export const isSame = (a: number, b: number) => a !== b; // a && b");
});

test("a sample has different mutants, the same ones for the same seed", () => {
  const mutants = mutantsOf("sum.ts", "const sum = 1 + 2 + 3 + 4 + 5 + 6;");
  const first = sample(mutants, 3, 1);
  assert.equal(new Set(first).size, 3);
  assert.deepEqual(sample(mutants, 3, 1), first);
  assert.notDeepEqual(sample(mutants, 3, 2), first);
});

test("a sample keeps its mutants when another line of the file changes", () => {
  const lines = Array.from({ length: 50 }, (_, index) => `const sum${index} = ${index} + 1;\n`).join("");
  const sampled = (text: string) => sample(mutantsOf("sum.ts", text), 10, 1).map(({ text: mutated }) => mutated);
  const before = "const isFirst = true;\n";
  const kept = sampled(before + lines).filter((mutated) => sampled(lines).includes(mutated.replace(before, "")));
  assert.ok(kept.length >= 9, `${kept.length} of 10 are kept`);
});

test("a sample draws from all equal lines of a file, not only the first ones", () => {
  const drawn = sample(mutantsOf("sum.ts", "const sum = 1 + 2;\n".repeat(50)), 10, 1);
  assert.ok(drawn.some(({ line }) => line > 10));
});

test("the tests of a file are those that import it, the nearest first, then the quickest", () => {
  const found = testsOf(
    "lib/a/sum.ts",
    [
      ["worker/all.test.ts", 1],
      ["lib/a/slow.test.ts", 9],
      ["lib/a/quick.test.ts", 2],
      ["lib/a/sum.test.ts", 5],
    ].map(([file, durationMs]) => ({
      file: String(file),
      durationMs: Number(durationMs),
      imports: new Set(["lib/a/sum.ts"]),
    })),
  );
  assert.deepEqual(found, ["lib/a/sum.test.ts", "lib/a/quick.test.ts", "lib/a/slow.test.ts", "worker/all.test.ts"]);
  assert.deepEqual(testsOf("lib/b.ts", [{ file: "lib/a.test.ts", durationMs: 1, imports: new Set(["lib/a.ts"]) }]), []);
});
