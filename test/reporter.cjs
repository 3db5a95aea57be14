"use strict";

/*
 * What `npm test` prints: a line for each test, with its file before its name, so that a line of a CI log says on its own what
 * ran. What failed is printed again at the end, with the error. (CommonJS, because Node wants a default export.)
 */

const { relative } = require("node:path");
const { inspect } = require("node:util");

const ENDINGS = new Set(["test:pass", "test:fail"]);

// A suite says nothing that its tests have not said, unless it fails in a hook.
const hasBeenSaid = ({ type, data }) =>
  type === "test:pass" ? data.details.type === "suite" : data.details.error.failureType === "subtestsFailed";

function lineOf({ type, data }, suites) {
  const file = relative(process.cwd(), data.file ?? "");
  const mark = type === "test:fail" ? "✖" : data.skip === undefined ? "✔" : "-";
  const skipped = data.skip === undefined ? "" : `, skipped: ${data.skip}`;
  return `${mark} ${file}: ${[...suites, data.name].join(" > ")} (${Math.round(data.details.duration_ms)} ms${skipped})\n`;
}

function* summaryOf({ counts, duration_ms }, failures, coverage) {
  for (const failure of failures) yield `\n${failure}`;
  yield `\n${counts.tests} tests took ${(duration_ms / 1_000).toFixed(1)} s.\n`;
  yield `${counts.passed} passed, ${failures.length} failed, ${counts.skipped} skipped\n`;
  if (coverage !== undefined) yield coverageOf(coverage);
}

function coverageOf({ totals: { coveredLinePercent: percent }, thresholds: { line: required } }) {
  const verdict = percent < required ? `✖ too few: ${required} % are required` : `${required} % are required`;
  return `${percent.toFixed(1)} % of the measured lines are covered (${verdict})\n`;
}

module.exports = async function* report(events) {
  const failures = [];
  let coverage;
  // The names of the suites around a test, by how deep they are.
  const suites = [];
  for await (const event of events) {
    const { type, data } = event;
    if (type === "test:start") suites[data.nesting] = data.name;
    if (type === "test:stdout" || type === "test:stderr") yield data.message;
    if (ENDINGS.has(type) && !hasBeenSaid(event)) {
      const line = lineOf(event, suites.slice(0, data.nesting));
      yield line;
      if (type === "test:fail") failures.push(`${line}${inspect(data.details.error.cause ?? data.details.error)}\n`);
    }
    if (type === "test:coverage") coverage = data.summary;
    if (type === "test:summary" && data.file === undefined) {
      yield* summaryOf(data, failures, coverage);
    }
  }
};
