/** How the arguments and options of `npx kyc` are read. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { named, readKycId, readLimit, readSince, UsageError } from "./command.ts";

const refusal = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
  return assert.fail("it was not refused");
};

test("a kycId must be a whole number in plain digits", () => {
  assert.equal(readKycId(["456"]), 456);
  assert.equal(readKycId([String(Number.MAX_SAFE_INTEGER)]), Number.MAX_SAFE_INTEGER);
  const wrong = ["1e2", "0x10", "0", "007", "-1", "+1", "1.0", " 1", "1 ", "", "x", "9007199254740992", "1".repeat(17)];
  for (const words of [[], ...wrong.map((word) => [word])])
    assert.match(
      refusal(() => readKycId(words)),
      /^Name the record by its kycId/,
    );
});

test("--since must be a number with a unit", () => {
  const hours = (since?: string) => readSince(since === undefined ? {} : { since }).hours;
  assert.deepEqual([hours(), hours("30m"), hours("1h"), hours("0.5h"), hours("2d")], [24, 0.5, 1, 0.5, 48]);
  for (const since of ["0h", "-1h", "1", "h", "", "1e9h", "Infinityh", "0x1h", "1000001h", "1 h", "1w", "--json"])
    assert.match(
      refusal(() => readSince({ since })),
      /^--since must be a time such as 30m, 1h or 2d/,
    );
});

test("--limit must be a whole number above 0", () => {
  assert.deepEqual([readLimit({}, 50), readLimit({ limit: "7" }, 50)], [50, 7]);
  for (const limit of ["0", "-1", "1.5", "x", "", "1e2", "1000000"])
    assert.match(
      refusal(() => readLimit({ limit }, 50)),
      /^--limit must be a whole number from 1/,
    );
});

test("a long list of ids ends with the number of ids left out", () => {
  assert.equal(named([1, 2]), "1, 2");
  assert.equal(named([1, 2, 3, 4], 2), "1, 2 and 2 more (--json names all)");
});
