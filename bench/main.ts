/**
 * `npm run bench`: runs all parts or the named ones, prints their tables and writes `docs/performance.md`. Exits with 1
 * if a figure misses its limit, and names it.
 */
import { parseArgs } from "node:util";
import { coldStart } from "./parts/cold-start.ts";
import { cost } from "./parts/cost.ts";
import { drain } from "./parts/drain.ts";
import { enqueue } from "./parts/enqueue.ts";
import { growth } from "./parts/growth.ts";
import { intake } from "./parts/intake.ts";
import { oneJob } from "./parts/one-job.ts";
import { overhead } from "./parts/overhead.ts";
import type { Part, PartReport } from "./part.ts";
import { reader } from "./parts/reader.ts";
import { recovery } from "./parts/recovery.ts";
import { redis } from "./parts/redis.ts";
import { formatReport, missedFloors, writeReport } from "./report.ts";
import { worker } from "./parts/worker.ts";

const PARTS: readonly Part[] = [
  enqueue,
  intake,
  coldStart,
  worker,
  oneJob,
  overhead,
  drain,
  recovery,
  reader,
  cost,
  growth,
  redis,
];

/** The limit of a whole run: a longer one would not be run before each release. */
const MAX_MINUTES = 10;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false } },
});
const unknown = positionals.filter((name) => !PARTS.some((part) => part.name === name));
if (unknown.length > 0) {
  console.error(`No such part: ${unknown.join(", ")}. There are: ${PARTS.map(({ name }) => name).join(", ")}.`);
  process.exit(1);
}

const startedAt = performance.now();
const say = (line: string) =>
  console.log(`${((performance.now() - startedAt) / 1_000).toFixed(0).padStart(4)} s  ${line}`);
const chosen = positionals.length === 0 ? PARTS : PARTS.filter(({ name }) => positionals.includes(name));

const reports: { part: Part; report: PartReport }[] = [];
for (const part of chosen) {
  say(part.title);
  reports.push({ part, report: await part.run({ quick: values.quick, say }) });
}
console.log(`\n${formatReport(reports)}`);
const missed = missedFloors(reports);
// Keep the figures of a full run of all parts only.
if (positionals.length === 0 && !values.quick) {
  const durationMs = performance.now() - startedAt;
  await writeReport(reports, { durationMs });
  say("written: docs/performance.md");
  if (durationMs > MAX_MINUTES * 60_000) missed.push(`the whole run took more than ${MAX_MINUTES} minutes`);
}
if (missed.length > 0) {
  console.log(["", "These floors do not hold:", ...missed.map((line) => `- ${line}`)].join("\n"));
  process.exitCode = 1;
}
