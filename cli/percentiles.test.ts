import assert from "node:assert/strict";
import { test } from "node:test";
import { percentilesOf } from "./percentiles.ts";

test("each percentile is one of the measured durations (nearest rank)", () => {
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  assert.deepEqual(percentilesOf(hundred), { count: 100, p50: 50, p95: 95, max: 100 });
  assert.deepEqual(percentilesOf([7]), { count: 1, p50: 7, p95: 7, max: 7 });
  assert.deepEqual(percentilesOf([]), { count: 0, p50: 0, p95: 0, max: 0 });
});
