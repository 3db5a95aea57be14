/** The audit finds what it is there to find: each promise is broken by hand, on a stage where all was in order. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createEnvelope, parseKeyring } from "../../lib/record/envelope.ts";
import { failureResult } from "../../lib/result.ts";
import { invalidPhoto } from "../../lib/errors.ts";
import { openStage, type Prepared, type Stage } from "../stage/stage.ts";
import { audit } from "./audit.ts";
import type { Accepted } from "./submit.ts";

let stage: Stage;
let accepted: Accepted[];

before(async () => {
  stage = await openStage();
  await stage.startWorker();
});
after(() => stage[Symbol.asyncDispose]());

beforeEach(async () => {
  const match = await decide({ kind: "match", person: 2 });
  const mismatch = await decide({ kind: "mismatch", person: 4 });
  const again = await decide({ kind: "match", person: 4, kycId: mismatch.kycId, round: 1 }, mismatch);
  accepted = [
    { ...match, round: 0, spare: 0 },
    { ...mismatch, round: 0, spare: 0 },
    { ...again, round: 1, spare: 0 },
  ];
});

async function decide(options: Parameters<Stage["submit"]>[0], earlier?: Prepared): Promise<Prepared> {
  const since = earlier && ((await stage.records.readRecord(earlier.kycId))?.reviewedAt ?? null);
  const prepared = await stage.submit(options);
  await stage.settled([prepared], 20_000, since ?? null);
  return prepared;
}

const first = () => accepted[0] ?? assert.fail("nothing was submitted");
const last = () => accepted[2] ?? assert.fail("nothing was submitted");

/** Writes a result as the service would, past all its fences. */
const overwrite = (kycId: number, status: string, sealed: Uint8Array) =>
  stage.verdicts.query(`UPDATE kyc_verification SET status = $1, "ocrResult" = $2 WHERE id = $3`, [
    status,
    sealed,
    kycId,
  ]);

async function found() {
  const { violations, undecided, overwritten, jobsLeft, leaks, spareVerdicts } = await audit(stage, accepted);
  return { violations: violations.length, undecided, overwritten, jobsLeft, leaks, spareVerdicts };
}

const NOTHING = { violations: 0, undecided: 0, overwritten: 0, jobsLeft: 0, leaks: 0, spareVerdicts: 0 };

test("all is in order", async () => {
  assert.deepEqual(await found(), NOTHING);
  assert.deepEqual((await audit(stage, accepted)).decided, accepted);
});

test("a verdict that does not match the pictures", async () => {
  const envelope = createEnvelope({ keys: parseKeyring(stage.environment["KYC_ENCRYPTION_KEYS"] ?? "") });
  const { kycId, userId } = first();
  const about = { kycId, userId, attempts: 1, completedAt: new Date(), timings: undefined, version: "0" };
  const result = failureResult(about, invalidPhoto("face_not_found", "selfie"));
  await stage.verdicts.query('DELETE FROM verdict_log WHERE "kycId" = $1', [kycId]);
  await overwrite(kycId, "ocr_failed", envelope.seal(kycId, JSON.stringify(result)));
  assert.deepEqual(await found(), { ...NOTHING, violations: 1, undecided: 1 });
});

test("equal submissions one after the other are told apart by their order alone", async () => {
  const [one] = accepted;
  const same = await decide({ kind: "match", person: 2, kycId: first().kycId, round: 1 }, one);
  accepted[0] = { ...first(), spare: 1 };
  accepted.push({ ...same, round: 1, spare: 0 });
  assert.deepEqual(await found(), NOTHING);
  accepted.push({ ...same, round: 2, spare: 0 });
  assert.deepEqual(await found(), { ...NOTHING, violations: 1 });
});

test("a submission without a verdict", async () => {
  const prepared = await stage.prepare({ person: 6 });
  accepted.push({ ...prepared, round: 0, spare: 0 });
  assert.deepEqual(await found(), { ...NOTHING, violations: 1, undecided: 1 });
});

test("an older verdict that is written over a newer one", async () => {
  const { kycId } = last();
  const [older] = await stage.verdicts.of(kycId);
  await overwrite(kycId, "ocr_failed", older?.ocrResult ?? assert.fail("there is no older verdict"));
  assert.deepEqual(await found(), { ...NOTHING, violations: 1, overwritten: 1, spareVerdicts: 1 });
});

test("a verdict that is written twice, unless its submission was sent twice", async () => {
  const { kycId } = first();
  const [written] = await stage.verdicts.of(kycId);
  await overwrite(kycId, "ocr_complete", written?.ocrResult ?? assert.fail("there is no verdict"));
  assert.deepEqual(await found(), { ...NOTHING, violations: 1, spareVerdicts: 1 });
  accepted[0] = { ...first(), spare: 1 };
  assert.deepEqual(await found(), { ...NOTHING, spareVerdicts: 1 });
});

test("a result that was changed without a verdict", async () => {
  const { kycId } = first();
  const [older] = await stage.verdicts.of(last().kycId);
  await overwrite(kycId, "ocr_complete", older?.ocrResult ?? assert.fail("there is no verdict"));
  await stage.verdicts.query(
    `DELETE FROM verdict_log WHERE at = (SELECT max(at) FROM verdict_log WHERE "kycId" = $1)`,
    [kycId],
  );
  assert.deepEqual(await found(), { ...NOTHING, violations: 1 });
});

test("a status that was changed by hand", async () => {
  for (const status of ["in_review", "ocr_failed"]) {
    await stage.verdicts.query(`UPDATE kyc_verification SET status = $1 WHERE id = $2`, [status, first().kycId]);
    assert.deepEqual(await found(), { ...NOTHING, violations: 1 });
  }
});

test("a job that is left", async () => {
  await stage.api.queue.pause(60_000);
  await stage.submit({ person: 8 });
  assert.deepEqual(await found(), { ...NOTHING, violations: 1, jobsLeft: 1 });
});
