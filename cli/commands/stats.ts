/** `npx kyc stats`: the queue now, and recent verdicts: their number, failures, durations and cost. */
import { setTimeout as wait } from "node:timers/promises";
import { costOf } from "../../lib/observe/calls.ts";
import type { VerificationQueue } from "../../lib/queue/queue.ts";
import { counted, failed, readSince, SINCE, type Command, type Report } from "../command.ts";
import {
  addUnopened,
  describeUnopened,
  NONE_UNOPENED,
  openResult,
  withDependencies,
  type Opened,
  type Result,
  type UnopenedCounts,
} from "../open.ts";
import { DependencyError } from "../doctor/dependency.ts";
import { PAUSED } from "./pause.ts";
import { describePercentiles, PERCENTILES_HEAD, percentilesOf, type Percentiles } from "../percentiles.ts";

/** The calls to the vision model for one purpose. */
interface Calls {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly durationMs: number;
}

interface Tally {
  readonly failures: Map<string, number>;
  readonly purposes: Map<string, Calls>;
  /** The durations of each step. */
  readonly steps: Map<string, number[]>;
  readonly queuedMs: number[];
  readonly ageMs: number[];
  decided: number;
  unopened: UnopenedCounts;
}

const NO_CALLS: Calls = { calls: 0, inputTokens: 0, outputTokens: 0, durationMs: 0 };
/** How long `--watch` waits between two reports. */
const WATCH_MS = 5_000;

export const stats: Command = {
  summary: "the queue, and recent verdicts: failures, times, costs",
  help: `Opens every result since --since, and shows no personal data. With GEMINI_PRICE_INPUT_PER_MILLION and
GEMINI_PRICE_OUTPUT_PER_MILLION set, it says what the vision model cost. --watch repeats it every ${WATCH_MS / 1_000} s until Ctrl-C; with --json,
one line each time.`,
  options: [SINCE, ["--watch", "repeat it until it is stopped"]],
  run({ options, show }) {
    const period = readSince(options);
    const read = () => withDependencies((opened) => measure(opened, period));
    return options.watch === true ? watch(read, show) : read();
  },
};

/** Shows reports until it is stopped. Only the first may fail: an operator watches the others during an outage too. */
async function watch(read: () => Promise<Report>, show: (report: Report) => void): Promise<never> {
  for (let next = await read(); ; next = await read().catch(describeOutage)) {
    show({ ...next, report: `${CLEAR}${new Date().toISOString()}\n${next.report}` });
    await wait(WATCH_MS);
  }
}

function describeOutage(error: unknown): Report {
  if (!(error instanceof DependencyError)) throw error;
  return failed(error.code, error.message);
}

/** The codes that clear a terminal; empty if the output is not a terminal. */
const CLEAR = process.stdout.isTTY ? "\u001B[2J\u001B[H" : "";

type Period = ReturnType<typeof readSince>;

async function measure(opened: Opened, { since, hours }: Period): Promise<Report> {
  const { config, records, queue } = opened;
  const tally: Tally = {
    failures: new Map(),
    purposes: new Map(),
    steps: new Map(),
    queuedMs: [],
    ageMs: [],
    decided: 0,
    unopened: NONE_UNOPENED,
  };
  for await (const rows of records.decidedWithin(hours)) {
    for (const { kycId, sealed } of rows) {
      if (sealed === null) continue;
      tally.decided += 1;
      const answer = openResult(opened, kycId, sealed);
      if ("result" in answer) count(tally, answer.result);
      else tally.unopened = addUnopened(tally.unopened, answer.unopened);
    }
  }
  const { decided, unopened, queuedMs, ageMs } = tally;
  const failures = [...tally.failures].toSorted(([, one], [, other]) => other - one);
  const total = [...tally.purposes.values()].reduce(add, NO_CALLS);
  const data = {
    queue: await readQueue(queue),
    since,
    hours,
    decided,
    perHour: decided / hours,
    failed: failures.reduce((sum, [, times]) => sum + times, 0),
    failures: Object.fromEntries(failures),
    unopened,
    ...total,
    purposes: Object.fromEntries(tally.purposes),
    timesMs: {
      age: percentilesOf(ageMs),
      queued: percentilesOf(queuedMs),
      steps: Object.fromEntries([...tally.steps].map(([step, times]) => [step, percentilesOf(times)])),
    },
    cost: costOf(total, config) ?? null,
  };
  return { ok: true, report: describe(data), data };
}

async function readQueue(queue: VerificationQueue) {
  const [depth, oldestAgeMs, workers, isPaused] = await Promise.all([
    queue.depth(),
    queue.oldestAgeMs(),
    queue.countWorkers(),
    queue.isPaused(),
  ]);
  return { depth, oldestAgeMs, workers, isPaused };
}

function count(tally: Tally, result: Result): void {
  if (result.status === "ocr_failed") {
    tally.failures.set(result.failureCode, (tally.failures.get(result.failureCode) ?? 0) + 1);
  }
  for (const { purpose, durationMs, tokens } of result.calls) {
    if (tokens === undefined) continue;
    tally.purposes.set(purpose, add(tally.purposes.get(purpose) ?? NO_CALLS, { calls: 1, durationMs, ...tokens }));
  }
  const { completedAt, submission, timings } = result;
  if (submission !== null) tally.ageMs.push(Date.parse(completedAt) - Date.parse(submission.submittedAt));
  if (timings === undefined) return;
  tally.queuedMs.push(timings.queuedMs);
  for (const [step, durationMs] of Object.entries(timings.stepsMs)) {
    const durations = tally.steps.get(step);
    if (durations === undefined) tally.steps.set(step, [durationMs]);
    else durations.push(durationMs);
  }
}

const add = (one: Calls, other: Calls): Calls => ({
  calls: one.calls + other.calls,
  inputTokens: one.inputTokens + other.inputTokens,
  outputTokens: one.outputTokens + other.outputTokens,
  durationMs: one.durationMs + other.durationMs,
});

interface Figures extends Calls {
  readonly queue: Awaited<ReturnType<typeof readQueue>>;
  readonly since: string;
  readonly hours: number;
  readonly decided: number;
  readonly perHour: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly unopened: UnopenedCounts;
  readonly purposes: Readonly<Record<string, Calls>>;
  readonly timesMs: {
    readonly age: Percentiles;
    readonly queued: Percentiles;
    readonly steps: Readonly<Record<string, Percentiles>>;
  };
  readonly cost: number | null;
}

function describe(figures: Figures): string {
  const { queue, since, decided, perHour, failed, failures, unopened, purposes, timesMs, cost } = figures;
  const spent =
    cost === null ? "" : `; ${cost.toFixed(4)} at the configured prices, ${(cost / decided || 0).toFixed(5)} a verdict`;
  return [
    ...describeQueue(queue),
    `Since ${since}: ${counted(decided, "verdict")} (${perHour.toFixed(perHour < 1 ? 2 : 1)} an hour), ${failed} failed.`,
    ...Object.entries(failures).map(([code, times]) => `  ${String(times).padStart(6)}  ${code}`),
    ...describeUnopened(unopened),
    `Vision model: ${describeCalls(figures)}${spent}.`,
    ...Object.entries(purposes).map(([purpose, calls]) => `  ${purpose.padEnd(16)} ${describeCalls(calls)}`),
    ...describeTimes(timesMs),
  ].join("\n");
}

function describeQueue({ depth, oldestAgeMs, workers, isPaused }: Figures["queue"]): string[] {
  const states = Object.entries(depth).map(([state, jobs]) => `${jobs} ${state}`);
  const oldest = oldestAgeMs === null ? "" : `; the oldest has waited for ${Math.round(oldestAgeMs / 1_000)} s`;
  const connected = workers === null ? "an unknown number of workers" : counted(workers, "worker");
  return [`Queue: ${states.join(", ")}${oldest}; ${connected}.`, ...(isPaused ? [PAUSED] : [])];
}

function describeTimes({ age, queued, steps }: Figures["timesMs"]): string[] {
  if (age.count === 0) return [];
  return [
    "Times:",
    PERCENTILES_HEAD,
    describePercentiles("to the verdict", age),
    describePercentiles("in the queue", queued),
    ...Object.entries(steps).map(([step, times]) => describePercentiles(step, times)),
  ];
}

const describeCalls = ({ calls, inputTokens, outputTokens, durationMs }: Calls) =>
  `${counted(calls, "call")}, ${inputTokens} tokens in, ${outputTokens} out, ${seconds(durationMs / calls || 0)} each`;

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
