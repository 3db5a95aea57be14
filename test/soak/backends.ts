/**
 * The backends and the people of a soak. They submit, repeat refused and old requests, replace pictures, decide, and
 * reopen records.
 */
import { setTimeout as delay } from "node:timers/promises";
import pLimit from "p-limit";
import type { Stage } from "../stage/stage.ts";
import { hasSameKeys, openHistory, requestOf, type History, type Version } from "./history.ts";
import type { PlannedRecord, PlannedRound } from "./plan.ts";
import type { VerdictWatch } from "./verdict-watch.ts";

interface BackendsOptions {
  readonly stage: Stage;
  readonly records: readonly PlannedRecord[];
  /** How many requests run at once. */
  readonly callers: number;
  /** How many records are played at once. */
  readonly inFlight: number;
  readonly watch: VerdictWatch;
  /** Stops the backends when the soak gives up. */
  readonly signal: AbortSignal;
}

/** How long to wait for a verdict before checking whether the record's job is still in the queue. */
const PATIENCE_MS = 2_000;

/** Creates the backends that play all records. */
export function createBackends({ stage, records, callers, inFlight, watch, signal }: BackendsOptions) {
  const calling = pLimit(callers);
  const playing = pLimit(inFlight);
  const histories: History[] = [];
  const ended: History[] = [];
  const refusals = new Map<number, number>();

  const pause = (durationMs: number) => delay(durationMs, undefined, { signal });

  /** Repeats `work` until it succeeds: the backend waits too while a server is down. */
  async function persist<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch {
        await pause(200);
      }
    }
  }

  async function untilTrue(holds: () => Promise<boolean> | boolean, everyMs = 25): Promise<void> {
    while (!(await holds())) await pause(everyMs);
  }

  const untilNoJob = (kycId: number) =>
    untilTrue(() => persist(async () => (await stage.api.queue.describeJob(kycId)) === undefined), 200);

  async function send(history: History, version: Version): Promise<boolean> {
    const sentAt = Date.now();
    const { status } = await calling(() => stage.api.submit(version.submission));
    const isAccepted = status === 202;
    history.requests.push({ version, sentAt, endedAt: Date.now(), isAccepted });
    if (!isAccepted) refusals.set(status, (refusals.get(status) ?? 0) + 1);
    return isAccepted;
  }

  /** Sends a request until it is accepted. Resolves with the time when it was first sent. */
  async function sendUntilAccepted(history: History, version: Version): Promise<number> {
    const sentAt = Date.now();
    while (!(await send(history, version))) await pause(100);
    return sentAt;
  }

  const setRecord = (kycId: number, status: string, reviewedAt: string) =>
    persist(() =>
      stage.verdicts.query(`UPDATE kyc_verification SET status = $2, "reviewedAt" = ${reviewedAt} WHERE id = $1`, [
        kycId,
        status,
      ]),
    );

  async function decide(history: History, { decision }: PlannedRound): Promise<void> {
    history.decision = decision;
    await setRecord(history.kycId, decision, "now()");
  }

  /** Puts the pictures into the bucket and reopens the record. */
  async function prepare(history: History, planned: PlannedRound, before: PlannedRound | undefined): Promise<Version> {
    const { kycId, versions } = history;
    const round = Number(planned.reusesKeys ? versions.at(-1)?.round : versions.length);
    history.decision = undefined;
    const putAt = Date.now();
    const prepared = await persist(() => stage.prepare({ kycId, round, kind: planned.kind, person: planned.person }));
    if (before !== undefined) await setRecord(kycId, "in_review", before.reviewedAt);
    const version = { ...prepared, round, putAt };
    versions.push(version);
    return version;
  }

  const isAbout = (history: History, version: Version, sentAt: number) => {
    const about = watch.of(history.kycId).at(-1)?.result.submission;
    if (about === null || about === undefined || Date.parse(about.submittedAt) < sentAt) return false;
    return requestOf(history, about)?.version === version;
  };

  /** Whether the record is decided, has no job, and its verdict is not about this submission. */
  async function isStale(history: History, version: Version, sentAt: number): Promise<boolean> {
    const record = await persist(() => stage.records.readRecord(history.kycId));
    if (record?.status === "in_review") return false;
    await untilNoJob(history.kycId);
    await persist(() => watch.update());
    return !isAbout(history, version, sentAt);
  }

  /** Notes a fault if this submission was accepted before the verdict was written: then it must not be lost. */
  function noteStale(history: History, version: Version): void {
    history.stale++;
    const verdict = watch.of(history.kycId).at(-1);
    const earlier = verdict?.result.submission && requestOf(history, verdict.result.submission);
    const accepted = history.requests.find((request) => request.version === version && request.isAccepted);
    // A submission with the same keys does not replace a verdict that is being written.
    const isLate = earlier && hasSameKeys(earlier.version, version) ? verdict.startedAt : verdict?.writtenAt;
    if (isLate === undefined || accepted === undefined || accepted.endedAt < isLate)
      history.faults.push(`a submission of a ${version.kind} was lost behind an earlier one's verdict`);
  }

  /** Waits for the verdict about these pictures. Reopens the record if its verdict is about earlier pictures. */
  async function untilVerdict(history: History, version: Version, firstSentAt: number): Promise<void> {
    for (let sentAt = firstSentAt; ;) {
      const impatientAt = Date.now() + PATIENCE_MS;
      await untilTrue(() => isAbout(history, version, sentAt) || Date.now() > impatientAt);
      if (isAbout(history, version, sentAt)) return;
      if (!(await isStale(history, version, sentAt))) continue;
      noteStale(history, version);
      await setRecord(history.kycId, "in_review", `"reviewedAt"`);
      sentAt = await sendUntilAccepted(history, version);
    }
  }

  async function goOn(history: History, version: Version, planned: PlannedRound, sentAt: number): Promise<void> {
    if (planned.next === "overtaken") return pause(planned.afterMs);
    if (planned.next === "decision at once") {
      await pause(planned.afterMs);
      await decide(history, planned);
    } else {
      await untilVerdict(history, version, sentAt);
      if (planned.next === "decision") await decide(history, planned);
    }
    await untilNoJob(history.kycId);
    for (const repeatMs of planned.repeatsMs) {
      await pause(repeatMs);
      // A repeat of any of its requests must not change a decided record.
      await sendUntilAccepted(history, (history.decision && history.versions[0]) || version);
      await untilNoJob(history.kycId);
    }
  }

  async function playRecord({ kycId, rounds }: PlannedRecord): Promise<void> {
    const history = openHistory(kycId);
    histories.push(history);
    for (const [index, planned] of rounds.entries()) {
      const version = await prepare(history, planned, rounds[index - 1]);
      const sentAt = Date.now();
      const further = Array.from({ length: planned.times - 1 }, () => send(history, version));
      await Promise.all([sendUntilAccepted(history, version), ...further]);
      const isLast = index === rounds.length - 1;
      await goOn(
        history,
        version,
        isLast && planned.next === "overtaken" ? { ...planned, next: "verdict" } : planned,
        sentAt,
      );
    }
    ended.push(history);
  }

  return {
    refusals,
    /** The history of each record so far. */
    histories: histories as readonly History[],
    /** The finished records. */
    ended: ended as readonly History[],
    /** Resolves when all records are finished. Throws when `signal` is aborted. */
    run: async (): Promise<void> =>
      void (await Promise.all(records.map((record) => playing(() => playRecord(record))))),
  };
}
