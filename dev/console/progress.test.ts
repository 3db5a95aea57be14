import assert from "node:assert/strict";
import { test } from "node:test";
import { createHappenings, hasEnded, type JobState } from "./happenings.ts";
import { progressOf } from "./progress.ts";

const KYC_ID = 7;
const startedAt = Date.parse("2030-01-01T00:00:00Z");

/** A submission whose events come one by one, each a tenth of a second after the one before. */
function story() {
  let now = startedAt;
  const happenings = createHappenings({ now: () => (now += 100) });
  happenings.begin(KYC_ID, "a case", { passportKey: "p", selfieKey: "s" });
  return {
    happenings,
    queue: (state: JobState, reason?: string) =>
      happenings.add(KYC_ID, { kind: "queue", state, ...(reason !== undefined && { reason }) }),
    log: (fields: Readonly<Record<string, unknown>>) => {
      now += 100;
      const line = { time: new Date(now).toISOString(), jobId: `kyc-${KYC_ID}`, attempt: 1, ...fields };
      happenings.takeWorkerLine(JSON.stringify(line));
    },
    progress: (withStamp = false) =>
      progressOf({
        happenings: happenings.find(KYC_ID)?.happenings ?? [],
        since: startedAt,
        keys: withStamp ? { stampKey: "t" } : {},
      }),
  };
}

const stateOf = ({ steps }: ReturnType<typeof progressOf>, name: string) =>
  steps.find((step) => step.name === name)?.state;

test("steps run side by side once the pictures are there, and end one by one", () => {
  const { happenings, queue, log, progress } = story();
  assert.equal(stateOf(progress(), "upload"), "running");
  happenings.add(KYC_ID, { kind: "in_review" });
  happenings.add(KYC_ID, { kind: "answered", status: 202, body: {} });
  queue("waiting");
  assert.equal(progress().headline, "Waiting for a free worker");
  queue("active");
  assert.equal(stateOf(progress(), "fetch_pictures"), "running");
  log({ msg: "step done", step: "fetch_pictures", durationMs: 40 });
  const names = ["read_passport", "compare_faces", "read_stamp"];
  assert.deepEqual(
    names.map((name) => stateOf(progress(true), name)),
    ["running", "running", "running"],
  );
  assert.equal(stateOf(progress(), "read_stamp"), undefined);
  log({ msg: "step done", step: "compare_faces", durationMs: 20 });
  assert.equal(stateOf(progress(), "compare_faces"), "done");
  assert.equal(progress().ended, false);
  log({ msg: "verdict", status: "ocr_complete", outcome: "saved" });
  queue("completed");
  assert.deepEqual([progress().ended, progress().headline], [true, "Done"]);
  assert.equal(stateOf(progress(), "read_passport"), "skipped");
});

test("a retry runs the failed step again and keeps what was done", () => {
  const { queue, log, progress } = story();
  queue("waiting");
  queue("active");
  log({ msg: "step done", step: "fetch_pictures", durationMs: 40 });
  log({ msg: "step done", step: "compare_faces", durationMs: 20 });
  log({ msg: "step failed", step: "read_passport", durationMs: 9, cause: "TransientError" });
  assert.equal(stateOf(progress(), "read_passport"), "failed");
  queue("delayed");
  assert.equal(progress().headline, "Waiting to run again");
  queue("active");
  log({ msg: "step done", step: "fetch_pictures", durationMs: 40, attempt: 2 });
  log({ msg: "step kept from an earlier run", step: "compare_faces", attempt: 2 });
  assert.deepEqual([stateOf(progress(), "read_passport"), stateOf(progress(), "compare_faces")], ["running", "kept"]);
  assert.equal(progress().attempt, 2);
});

test("the steps of a submission from elsewhere begin in the queue", () => {
  const { queue, progress } = story();
  queue("waiting");
  assert.equal(progress().steps[0]?.name, "queue");
});

test("a refused request ends a record's progress, and the next submission starts again", () => {
  const { happenings, queue, progress } = story();
  happenings.add(KYC_ID, { kind: "answered", status: 401, body: {} });
  assert.deepEqual([progress().ended, stateOf(progress(), "request")], [true, "failed"]);
  queue("waiting");
  assert.equal(progress().ended, false);
});

test("a job that follows another continues the record's progress", () => {
  const { queue, progress } = story();
  for (const state of ["waiting", "active", "waiting", "completed"] as const) queue(state);
  assert.equal(progress().ended, true);
  queue("active");
  assert.equal(progress().ended, false);
  queue("completed");
  assert.deepEqual([progress().ended, progress().headline], [true, "Done"]);
});

test("the headline says in plain words why a request was refused or a job failed", () => {
  const { happenings, queue, log, progress } = story();
  const error = { code: "unauthorized", message: "Send the token.", fields: [] };
  happenings.add(KYC_ID, { kind: "answered", status: 401, body: { error } });
  assert.equal(progress().headline, "The API refused the request: HTTP 401. Send the token.");
  queue("waiting");
  queue("failed", "FACE_MISMATCH:0.1:below");
  assert.equal(
    progress().headline,
    "The job failed: The face in the selfie is not similar enough to the one in the passport.",
  );
  queue("waiting");
  queue("failed", "INVALID_PHOTO:selfie:face_not_found");
  assert.equal(progress().headline, "The job failed: No face was found in the selfie picture.");
  queue("waiting");
  log({ msg: "failed for good", reason: "ocr_quota_exhausted", facts: {} });
  queue("failed", "any other reason");
  assert.match(progress().headline, /^The job failed: Gemini's daily quota or its credits are used up/);
  queue("waiting");
  queue("failed", "There is no record 5");
  assert.equal(progress().headline, "The job failed: There is no record 5");
  queue("waiting");
  queue("failed");
  assert.equal(progress().headline, "The job failed: see the log");
});

test("a pause says who asked for it and when it ends, until the job runs again", () => {
  const { happenings, queue, log, progress } = story();
  queue("waiting");
  queue("active");
  log({ msg: "Gemini's rate limit: the queue pauses", retryAfterMs: 1_500 });
  const loggedAt = happenings.find(KYC_ID)?.happenings.at(-1)?.at ?? 0;
  queue("waiting");
  assert.deepEqual([progress().headline, progress().waitsUntil], ["Gemini asked to wait", loggedAt + 1_500]);
  queue("active");
  assert.equal(progress().waitsUntil, null);
  log({ msg: "attempt failed" });
  happenings.add(KYC_ID, { kind: "queue", state: "delayed", until: startedAt + 9_000 });
  assert.match(progress().headline, /^An attempt failed/);
  assert.equal(progress().waitsUntil, startedAt + 9_000);
  queue("active");
  queue("delayed");
  assert.deepEqual([progress().headline, progress().waitsUntil], ["Waiting to run again", null]);
});

test("the end of a job comes after the log lines of the same millisecond", () => {
  const { happenings, queue, log, progress } = story();
  queue("waiting");
  happenings.add(KYC_ID, { kind: "queue", state: "failed", reason: "There is no record 7" }, startedAt + 1_000);
  log({ msg: "attempt failed", time: new Date(startedAt + 1_000).toISOString() });
  assert.equal(progress().headline, "The job failed: There is no record 7");
});

test("each step says when it started and ended, and one that runs has no end", () => {
  const { happenings, queue, log, progress } = story();
  const timesOf = (name: string) => {
    const { startedAt: from = null, endedAt: to = null } = progress().steps.find((step) => step.name === name) ?? {};
    return [from, to].map((at) => (at === null ? null : at - startedAt));
  };
  assert.deepEqual(timesOf("upload"), [0, null]);
  assert.deepEqual(timesOf("queue"), [null, null]);
  happenings.add(KYC_ID, { kind: "in_review" }, startedAt + 500);
  happenings.add(KYC_ID, { kind: "queue", state: "waiting" }, startedAt + 600);
  happenings.add(KYC_ID, { kind: "queue", state: "active" }, startedAt + 700);
  assert.deepEqual(
    [timesOf("upload"), timesOf("queue")],
    [
      [0, 500],
      [600, 700],
    ],
  );
  const time = new Date(startedAt + 1_000).toISOString();
  log({ msg: "step done", step: "fetch_pictures", durationMs: 40, time });
  assert.deepEqual(
    [timesOf("fetch_pictures"), timesOf("read_passport")],
    [
      [700, 1_000],
      [1_000, null],
    ],
  );
  queue("completed");
  assert.deepEqual(timesOf("read_passport"), [1_000, null]);
});

test("a record has not ended while the job of its later submission waits or runs", () => {
  const { happenings, log, progress } = story();
  const add = (job: string, state: JobState, at: number) =>
    happenings.add(KYC_ID, { kind: "queue", job, state }, startedAt + at);
  add("first", "waiting", 10);
  add("first", "active", 20);
  log({ msg: "a later submission takes this one's place", time: new Date(startedAt + 30).toISOString() });
  add("second", "waiting", 30);
  add("first", "completed", 30);
  assert.partialDeepStrictEqual(progress(), { ended: false, headline: "Waiting to run again" });
  add("second", "active", 30);
  assert.partialDeepStrictEqual(progress(), { ended: false, headline: "A worker has the job again" });
  add("second", "completed", 40);
  assert.partialDeepStrictEqual(progress(), { ended: true, headline: "Done" });
});

test("log lines that are not JSON, or not about a job, are ignored", () => {
  const happenings = createHappenings();
  for (const line of ["", "Debugger attached", '{"msg":"worker ready"}', '{"msg":"x","time":"now","jobId":"kyc-1"}']) {
    happenings.takeWorkerLine(line);
  }
  assert.deepEqual(happenings.list(), []);
});

test("events are in the order of their time, and the oldest records are dropped", () => {
  const happenings = createHappenings({ now: () => 5 });
  happenings.add(1, { kind: "queue", state: "completed" }, 30);
  happenings.add(1, { kind: "queue", state: "active" }, 20);
  assert.deepEqual(
    happenings.find(1)?.happenings.map(({ at }) => at),
    [20, 30],
  );
  assert.ok(hasEnded(happenings.find(1)?.happenings ?? []));
  for (let kycId = 2; kycId <= 200; kycId++) happenings.begin(kycId, "", {});
  assert.equal(happenings.find(1), undefined);
  assert.equal(happenings.list()[0]?.kycId, 200);
});
