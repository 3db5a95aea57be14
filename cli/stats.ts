/** `npx kyc stats`: the queue now, and the verdicts of the last hours: how many, why they failed, what they cost. */
import { costOf } from "../lib/observe/calls.ts";
import { counted, readHours, type Command } from "./command.ts";
import {
  addUnopened,
  describeUnopened,
  NONE_UNOPENED,
  openResult,
  withDependencies,
  type Result,
  type UnopenedCounts,
} from "./open.ts";

/** Calls to the vision model for one purpose. */
interface Calls {
  readonly calls: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly durationMs: number;
}

/** How often a step ran, and how long in all. */
interface Step {
  readonly runs: number;
  readonly durationMs: number;
}

interface Tally {
  readonly failures: Map<string, number>;
  readonly purposes: Map<string, Calls>;
  readonly steps: Map<string, Step>;
  decided: number;
  unopened: UnopenedCounts;
}

const NO_CALLS: Calls = { calls: 0, inputTokens: 0, outputTokens: 0, durationMs: 0 };
const NO_RUNS: Step = { runs: 0, durationMs: 0 };

export const stats: Command = {
  usage: "stats [--hours n]",
  summary: "the queue, and verdicts by failure code (24 h unless told)",
  help: `Opens every result of these hours, and shows no personal data. With GEMINI_PRICE_INPUT_PER_MILLION and
GEMINI_PRICE_OUTPUT_PER_MILLION set, it says what the vision model cost.`,
  isAboutRecord: false,
  options: ["hours"],
  run({ options }) {
    const hours = readHours(options);
    return withDependencies(async (opened) => {
      const { config, records, queue } = opened;
      const tally: Tally = {
        failures: new Map(),
        purposes: new Map(),
        steps: new Map(),
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
      const { decided, unopened } = tally;
      const failures = [...tally.failures].toSorted(([, one], [, other]) => other - one);
      const total = [...tally.purposes.values()].reduce(add, NO_CALLS);
      const data = {
        queue: { depth: await queue.depth(), oldestAgeMs: await queue.oldestAgeMs() },
        hours,
        decided,
        perHour: decided / hours,
        failed: failures.reduce((sum, [, times]) => sum + times, 0),
        failures: Object.fromEntries(failures),
        unopened,
        ...total,
        purposes: Object.fromEntries(tally.purposes),
        steps: Object.fromEntries(tally.steps),
        cost: costOf(total, config) ?? null,
      };
      return { ok: true, report: describe(data), data };
    });
  },
};

function count(tally: Tally, result: Result): void {
  if (result.status === "ocr_failed") {
    tally.failures.set(result.failureCode, (tally.failures.get(result.failureCode) ?? 0) + 1);
  }
  for (const { purpose, durationMs, tokens } of result.calls) {
    if (tokens === undefined) continue;
    tally.purposes.set(purpose, add(tally.purposes.get(purpose) ?? NO_CALLS, { calls: 1, durationMs, ...tokens }));
  }
  for (const [step, durationMs] of Object.entries(result.timings?.stepsMs ?? {})) {
    const before = tally.steps.get(step) ?? NO_RUNS;
    tally.steps.set(step, { runs: before.runs + 1, durationMs: before.durationMs + durationMs });
  }
}

const add = (one: Calls, other: Calls): Calls => ({
  calls: one.calls + other.calls,
  inputTokens: one.inputTokens + other.inputTokens,
  outputTokens: one.outputTokens + other.outputTokens,
  durationMs: one.durationMs + other.durationMs,
});

interface Figures extends Calls {
  readonly queue: { readonly depth: Readonly<Record<string, number>>; readonly oldestAgeMs: number | null };
  readonly hours: number;
  readonly decided: number;
  readonly perHour: number;
  readonly failed: number;
  readonly failures: Readonly<Record<string, number>>;
  readonly unopened: UnopenedCounts;
  readonly purposes: Readonly<Record<string, Calls>>;
  readonly steps: Readonly<Record<string, Step>>;
  readonly cost: number | null;
}

function describe(figures: Figures): string {
  const { queue, hours, decided, perHour, failed, failures, unopened, purposes, steps, cost } = figures;
  const depth = Object.entries(queue.depth).map(([state, jobs]) => `${jobs} ${state}`);
  const oldest = queue.oldestAgeMs === null ? "" : `; the oldest waits for ${Math.round(queue.oldestAgeMs / 1_000)} s`;
  const spent =
    cost === null ? "" : `; ${cost.toFixed(4)} at the configured prices, ${(cost / decided || 0).toFixed(5)} a verdict`;
  return [
    `Queue: ${depth.join(", ")}${oldest}.`,
    `Last ${hours} h: ${counted(decided, "verdict")} (${perHour.toFixed(1)} an hour), ${failed} failed.`,
    ...Object.entries(failures).map(([code, times]) => `  ${String(times).padStart(6)}  ${code}`),
    ...describeUnopened(unopened),
    `Vision model: ${describeCalls(figures)}${spent}.`,
    ...Object.entries(purposes).map(([purpose, calls]) => `  ${purpose.padEnd(16)} ${describeCalls(calls)}`),
    ...(Object.keys(steps).length === 0 ? [] : ["Steps, on average:"]),
    ...Object.entries(steps).map(
      ([step, { runs, durationMs }]) => `  ${step.padEnd(16)} ${seconds(durationMs / runs)}`,
    ),
  ].join("\n");
}

const describeCalls = ({ calls, inputTokens, outputTokens, durationMs }: Calls) =>
  `${counted(calls, "call")}, ${inputTokens} tokens in, ${outputTokens} out, ${seconds(durationMs / calls || 0)} each`;

const seconds = (ms: number) => `${(ms / 1_000).toFixed(1)} s`;
