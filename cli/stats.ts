/** `npx kyc stats`: the queue now, and the verdicts of the last hours: how many, why they failed, what they cost. */
import { readHours, type Command } from "./command.ts";
import { openResult, withNeighbours, type Result } from "./open.ts";

interface Tally {
  readonly outcomes: Map<string, number>;
  decided: number;
  failed: number;
  unopened: number;
  inputTokens: number;
  outputTokens: number;
  calls: number;
}

export const stats: Command = {
  usage: "stats [--hours n]",
  summary: "the queue, and verdicts by failure code (24 h unless told)",
  run: ({ options }) =>
    withNeighbours(async ({ records, queue, envelope }) => {
      const hours = readHours(options);
      const tally: Tally = {
        outcomes: new Map(),
        decided: 0,
        failed: 0,
        unopened: 0,
        inputTokens: 0,
        outputTokens: 0,
        calls: 0,
      };
      for await (const rows of records.decidedWithin(hours)) {
        for (const { kycId, sealed } of rows) {
          if (sealed !== null)
            count(
              tally,
              tryOpen(() => openResult(envelope, kycId, sealed)),
            );
        }
      }
      const depth = await queue.depth();
      const oldestAgeMs = await queue.oldestAgeMs();
      const failures = Object.fromEntries([...tally.outcomes].toSorted(([, one], [, other]) => other - one));
      const { decided, failed, unopened, inputTokens, outputTokens, calls } = tally;
      const perHour = decided / hours;
      const data = {
        queue: { depth, oldestAgeMs },
        hours,
        decided,
        perHour,
        failed,
        failures,
        unopened,
        calls,
        inputTokens,
        outputTokens,
      };
      const report = [
        `Queue: ${Object.entries(depth)
          .map(([state, jobs]) => `${jobs} ${state}`)
          .join(", ")}${oldestAgeMs === null ? "" : `; the oldest waits for ${Math.round(oldestAgeMs / 1_000)} s`}.`,
        `Last ${hours} h: ${decided} verdicts (${perHour.toFixed(1)} an hour), ${failed} failed${unopened === 0 ? "" : `, ${unopened} sealed with a key that is not configured`}.`,
        ...Object.entries(failures).map(([code, times]) => `  ${String(times).padStart(6)}  ${code}`),
        `Vision model: ${calls} calls, ${inputTokens} tokens in, ${outputTokens} out.`,
      ];
      return { ok: true, report: report.join("\n"), data };
    }),
};

function tryOpen(open: () => Result): Result | undefined {
  try {
    return open();
  } catch {
    return undefined;
  }
}

function count(tally: Tally, result: Result | undefined): void {
  tally.decided += 1;
  if (result === undefined) {
    tally.unopened += 1;
  } else if (result.status === "ocr_failed") {
    tally.failed += 1;
    tally.outcomes.set(result.failureCode, (tally.outcomes.get(result.failureCode) ?? 0) + 1);
  } else {
    for (const { inputTokens, outputTokens } of result.usage) {
      tally.calls += 1;
      tally.inputTokens += inputTokens;
      tally.outputTokens += outputTokens;
    }
  }
}
