import assert from "node:assert/strict";
import { test } from "node:test";
import type { Figure, Part } from "./part.ts";
import { formatReport, missedFloors } from "./report.ts";

const figures: Figure[] = [
  { what: "fast enough", values: [0.9, 1.1, 1.2], unit: "x", limit: { atLeast: 1.1 } },
  { what: "too slow", values: [0.9, 1, 1.2], unit: "x", limit: { atLeast: 1.1 }, group: "here" },
  { what: "too much", values: [301], unit: "MB", limit: { atMost: 300 } },
  { what: "not measured", values: [], unit: "x", limit: { atMost: 1 } },
  { what: "to be looked at", values: [1_000], unit: "ms" },
];
const part: Part = { name: "part", title: "The title", meaning: "What it means.", run: async () => ({ figures }) };
const reports = [{ part, report: { figures } }];

test("each floor that does not hold is named with its figure; one that was not measured does not hold", () => {
  assert.deepEqual(missedFloors(reports), [
    "part: here: too slow: 1x, asked for: 1.1x or more",
    "part: too much: 301 MB, asked for: 300 MB or less",
    "part: not measured: NaNx, asked for: 1x or less",
  ]);
});

test("the figures that have a floor come first", () => {
  const [summary = ""] = formatReport(reports).split(part.title);
  for (const { what, limit } of figures) assert.equal(summary.includes(what), limit !== undefined, what);
});

test("a part says what its figures mean before its first table", () => {
  const report = formatReport(reports);
  assert.ok(report.indexOf("What it means.") < report.lastIndexOf("fast enough"));
});
