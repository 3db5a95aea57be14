/** The audit finds each broken promise: a test breaks one by hand on a correct stage. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createEnvelope, parseKeyring } from "../../lib/record/envelope.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { audit } from "./audit.ts";
import { openHistory, type History, type Version } from "./history.ts";
import { createVerdictWatch } from "./verdict-watch.ts";

let stage: Stage;
/** The records of a match, and of a mismatch followed by a match. */
let match: History;
let changed: History;

before(async () => {
  stage = await openStage();
  await stage.startWorker();
});
after(() => stage[Symbol.asyncDispose]());

beforeEach(async () => {
  match = openHistory((await stage.prepare({ person: 2 })).kycId);
  await verify(match, { kind: "match", person: 2, round: 0 });
  changed = openHistory((await stage.prepare({ person: 4 })).kycId);
  await verify(changed, { kind: "mismatch", person: 4, round: 0 });
  await verify(changed, { kind: "match", person: 4, round: 1 });
});

type Pictures = Pick<Version, "kind" | "person" | "round">;

/** Submits pictures and waits for their verdict. */
async function verify(history: History, { round, ...pictures }: Pictures): Promise<void> {
  const { kycId } = history;
  const putAt = Date.now();
  const since = await stage.decidedAt(kycId);
  const version = { ...(await stage.prepare({ kycId, round, ...pictures })), round, putAt };
  history.versions.push(version);
  const sentAt = Date.now();
  await stage.api.submit(version.submission);
  history.requests.push({ version, sentAt, endedAt: Date.now(), isAccepted: true });
  await stage.settled([version], 20_000, since);
}

async function found() {
  const watch = createVerdictWatch(stage);
  await watch.update();
  const { violations, overwritten, outdated, foreign, jobsLeft, leaks } = await audit(stage, watch, [match, changed]);
  return { violations: violations.length, overwritten, outdated, foreign, jobsLeft, leaks };
}

const NOTHING = { violations: 0, overwritten: 0, outdated: 0, foreign: 0, jobsLeft: 0, leaks: 0 };

const setStatus = ({ kycId }: History, status: string) =>
  stage.verdicts.query("UPDATE kyc_verification SET status = $1 WHERE id = $2", [status, kycId]);

/** Writes an earlier verdict of a record again, without the service's checks. `place` is its index. */
async function rewrite({ kycId }: History, place: number): Promise<void> {
  const entry = (await stage.verdicts.of(kycId)).at(place) ?? assert.fail("there is no verdict");
  await stage.verdicts.query(`UPDATE kyc_verification SET status = $1, "ocrResult" = $2 WHERE id = $3`, [
    entry.status,
    entry.ocrResult,
    kycId,
  ]);
}

/** Changes the record's last verdict and seals it again. */
async function edit({ kycId }: History, change: (result: Record<string, unknown>) => object): Promise<void> {
  const envelope = createEnvelope({ keys: parseKeyring(stage.environment["KYC_ENCRYPTION_KEYS"] ?? "") });
  const result = (await stage.backend.openResult(kycId)) ?? assert.fail("there is no verdict");
  await stage.verdicts.query(
    'DELETE FROM verdict_log WHERE at = (SELECT max(at) FROM verdict_log WHERE "kycId" = $1)',
    [kycId],
  );
  await setStatus(match, "in_review");
  await stage.verdicts.query(`UPDATE kyc_verification SET status = 'ocr_complete', "ocrResult" = $1 WHERE id = $2`, [
    envelope.seal(kycId, JSON.stringify(change(result))),
    kycId,
  ]);
}

test("the audit finds nothing wrong if no promise was broken", async () => {
  assert.deepEqual(await found(), NOTHING);
});

test("the audit accepts a decision that stands", async () => {
  match.decision = "approved";
  await setStatus(match, "approved");
  assert.deepEqual(await found(), NOTHING);
});

test("the audit finds a decision that was overwritten", async () => {
  match.decision = "approved";
  await setStatus(match, "approved");
  await rewrite(match, 0);
  const { violations, ...others } = await found();
  assert.deepEqual({ ...others, violations: violations > 0 }, { ...NOTHING, overwritten: 1, violations: true });
});

test("the audit finds a decision that is gone", async () => {
  match.decision = "approved";
  assert.deepEqual(await found(), { ...NOTHING, violations: 1 });
});

test("the audit finds a verdict about pictures that are not the latest", async () => {
  await setStatus(changed, "in_review");
  await rewrite(changed, 0);
  // The other violation: its submission has two verdicts.
  assert.deepEqual(await found(), { ...NOTHING, violations: 2, outdated: 1 });
});

test("the audit finds a success that was overwritten about the same pictures", async () => {
  await rewrite(match, 0);
  assert.deepEqual(await found(), { ...NOTHING, violations: 2 });
});

test("the audit finds a verdict that does not match its pictures", async () => {
  await edit(match, (result) => ({ ...result, userId: 7 }));
  assert.deepEqual(await found(), { ...NOTHING, violations: 1, foreign: 1 });
});

test("the audit finds a verdict that nobody can open", async () => {
  await stage.verdicts.query(`UPDATE kyc_verification SET status = 'ocr_complete', "ocrResult" = 'AAA' WHERE id = $1`, [
    match.kycId,
  ]);
  assert.deepEqual(await found(), { ...NOTHING, violations: 2, foreign: 1 });
});

test("the audit finds a verdict about no request", async () => {
  await edit(match, (result) => ({
    ...result,
    submission: { id: "1", submittedAt: new Date().toISOString(), passportKey: "p", selfieKey: "s", stampKey: null },
  }));
  assert.deepEqual(await found(), { ...NOTHING, violations: 1, foreign: 1 });
});

test("the audit finds a record without a verdict", async () => {
  await stage.verdicts.query('DELETE FROM verdict_log WHERE "kycId" = $1', [match.kycId]);
  await setStatus(match, "in_review");
  assert.deepEqual(await found(), { ...NOTHING, violations: 1 });
});

test("the audit finds a result that was changed without a verdict", async () => {
  await stage.verdicts.query(`UPDATE kyc_verification SET "ocrResult" = 'x' WHERE id = $1`, [match.kycId]);
  await stage.verdicts.query(
    'DELETE FROM verdict_log WHERE at = (SELECT max(at) FROM verdict_log WHERE "kycId" = $1)',
    [match.kycId],
  );
  assert.deepEqual(await found(), { ...NOTHING, violations: 1 });
});

test("the audit reports what a backend has seen go wrong", async () => {
  match.faults.push("a submission was lost");
  assert.deepEqual(await found(), { ...NOTHING, violations: 1 });
});

test("the audit finds a job that is left", async () => {
  await stage.api.queue.pause(60_000);
  await stage.submit({ person: 8 });
  assert.deepEqual(await found(), { ...NOTHING, violations: 1, jobsLeft: 1 });
});
