/** The backends of a soak: they submit, send again what was refused, and submit again when they see a verdict. */
import { setTimeout as delay } from "node:timers/promises";
import pLimit from "p-limit";
import type { Prepared, Stage } from "../stage/stage.ts";
import type { PlannedRecord, PlannedRound } from "./plan.ts";

/** A submission that was answered 202. */
export interface Accepted extends Prepared {
  readonly round: number;
  /** How many further verdicts of the same pictures there may be: it was sent again, or refused before. */
  readonly spare: number;
}

interface SubmittingOptions {
  readonly stage: Stage;
  readonly records: readonly PlannedRecord[];
  /** How many requests are under way at once. */
  readonly callers: number;
  /** How many records may be without their verdict at once. */
  readonly inFlight: number;
  /** How many verdicts a record has, as far as is known by now. */
  readonly verdictsOf: (kycId: number) => number;
  readonly onAccepted: (accepted: Accepted) => void;
  /** Gives up. */
  readonly signal: AbortSignal;
}

/** Submits all records, and counts. */
export function createSubmitting(options: SubmittingOptions) {
  const { stage, records, callers, inFlight, verdictsOf, onAccepted, signal } = options;
  const calling = pLimit(callers);
  const pending = pLimit(inFlight);
  const refusals = new Map<number, number>();
  let requests = 0;

  const pause = (durationMs: number) => delay(durationMs, undefined, { signal });

  /** A database that is away for a moment also keeps the backend waiting. */
  async function persist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch {
        await pause(200);
      }
    }
  }

  async function send({ submission }: Prepared): Promise<number> {
    requests++;
    const { status } = await stage.api.submit(submission);
    if (status !== 202) refusals.set(status, (refusals.get(status) ?? 0) + 1);
    return status;
  }

  /** Resolves with the number of refusals. */
  async function sendUntilAccepted(prepared: Prepared): Promise<number> {
    for (let times = 0; ; times++) {
      if ((await send(prepared)) === 202) return times;
      await pause(100);
    }
  }

  /** Whether a record has a job; while Redis is away, it may have. */
  const hasJob = async (kycId: number) => (await persist(() => stage.api.queue.findJobs([kycId]))).size > 0;

  /**
   * Waits until one more verdict can be seen than before. What was sent more than once may have been taken more than once,
   * so that two jobs follow each other: then also until none is left.
   */
  async function untilDecided(kycId: number, verdictsBefore: number, mayFollow: boolean): Promise<void> {
    await untilTrue(() => verdictsOf(kycId) > verdictsBefore);
    if (mayFollow) await untilTrue(async () => !(await hasJob(kycId)));
  }

  async function untilTrue(holds: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await holds())) await pause(25);
  }

  async function submitRound(kycId: number, round: number, planned: PlannedRound, times: number): Promise<void> {
    const { verdictsBefore, refused } = await calling(async () => {
      const prepared = await persist(() => stage.prepare({ kycId, round, ...planned }));
      const before = (await persist(() => stage.verdicts.of(kycId))).length;
      const refusedTimes = await sendUntilAccepted(prepared);
      onAccepted({ ...prepared, round, spare: refusedTimes + times - 1 });
      // Equal ones make no second job, unless the verdict is there before them.
      await Promise.all(Array.from({ length: times - 1 }, () => send(prepared)));
      return { verdictsBefore: before, refused: refusedTimes };
    });
    await untilDecided(kycId, verdictsBefore, refused > 0 || times > 1);
  }

  async function submitRecord({ kycId, rounds, times }: PlannedRecord): Promise<void> {
    for (const [round, planned] of rounds.entries()) await submitRound(kycId, round, planned, times);
  }

  return {
    refusals,
    requests: () => requests,
    /** Resolves when the last submission has its verdict; throws where `signal` gives up. */
    run: async (): Promise<void> =>
      void (await Promise.all(records.map((record) => pending(() => submitRecord(record))))),
  };
}
