/** A worker is killed (SIGKILL) before, during and after each step of a job. */
import assert from "node:assert/strict";
import { after, before } from "node:test";
import type { ComprefaceRule } from "../../dev/stand-ins/compreface/compreface.ts";
import type { GeminiRule } from "../../dev/stand-ins/gemini/gemini.ts";
import { samplePassport } from "../../dev/samples/passports.ts";
import { openQueueTool, type QueueTool } from "../servers/queue-tool.ts";
import { openKeptWork, type KeptWork } from "../stage/audit/kept-work.ts";
import { openProxies, STATEMENTS, type Proxies } from "../stage/trouble/proxies.ts";
import { lockRecord } from "../stage/trouble/row-lock.ts";
import { openStage, type Prepared, type Stage, type StageWorker } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { row } from "./row.ts";

/** Longer than any row lasts. */
const HELD_MS = 60_000;

let stage: Stage;
let tool: QueueTool;
let keptWork: KeptWork;
let proxies: Proxies;
let worker: StageWorker;
const resources = new AsyncDisposableStack();

before(async () => {
  // Turn the reader off: if it is sure of the zone, Gemini is not asked to read the zone again.
  const settings = { WORKER_LOCK_DURATION_MS: "1000", MRZ_READER: "off" };
  stage = resources.use(await openStage({ settings }));
  tool = openQueueTool(stage.redis.url);
  resources.defer(() => tool.close());
  keptWork = openKeptWork(tool, stage.environment);
  proxies = resources.use(await openProxies(stage));
  worker = await stage.startWorker({ POSTGRES_URL: proxies.variables.POSTGRES_URL });
});
after(() => resources.disposeAsync());

const CALLS = ["passport", "mrz", "stamp", "verify"] as const;
type CallKind = (typeof CALLS)[number];

/** Counts the providers' calls about a person. */
function callsAbout(person: number): Record<CallKind, number> {
  const calls = [...stage.gemini.requests, ...stage.compreface.requests];
  const count = (kind: CallKind) => calls.filter((call) => call.kind === kind && call.numbers.includes(person)).length;
  return { passport: count("passport"), mrz: count("mrz"), stamp: count("stamp"), verify: count("verify") };
}

const hold = (kind: "passport" | "mrz" | "stamp", person: number): GeminiRule => ({
  match: { kind, number: person },
  times: 1,
  delayMs: HELD_MS,
  answer: { fault: "genuine" },
});
const holdFaces = (person: number): ComprefaceRule => ({
  match: { kind: "verify", number: person },
  times: 1,
  delayMs: HELD_MS,
  answer: { fault: "genuine" },
});

/** Makes Gemini misread a digit of the birth date in the second line, so that the zone is read again. */
function misread(person: number): GeminiRule {
  const [, line] = samplePassport(person).mrz;
  const line2 = line.slice(0, 15) + String((Number(line.charAt(15)) + 1) % 10) + line.slice(16);
  return {
    match: { kind: "passport", number: person },
    times: 1,
    answer: { fault: "edit", patch: { mrz: { line2 } } },
  };
}

interface Moment {
  readonly gemini?: (person: number) => readonly GeminiRule[];
  readonly compreface?: (person: number) => readonly ComprefaceRule[];
  /** The answers that are kept when the worker is killed. */
  readonly kept?: readonly ("passport" | "mrz" | "stamp")[];
  /** The number of calls in the end. The free comparison of faces is repeated; a paid question is not. */
  readonly calls: readonly [passport: number, mrz: number, stamp: number, verify: number];
}

const MOMENTS: Readonly<Record<string, Moment>> = {
  "while the passport is read": {
    gemini: (person) => [hold("passport", person)],
    kept: ["stamp"],
    calls: [2, 0, 1, 2],
  },
  "after the passport is read, before the zone is read again": {
    gemini: (person) => [misread(person), hold("mrz", person), hold("stamp", person)],
    compreface: (person) => [holdFaces(person)],
    kept: ["passport"],
    calls: [1, 2, 2, 2],
  },
  "while the zone is read again": {
    gemini: (person) => [misread(person), hold("mrz", person)],
    kept: ["passport", "stamp"],
    calls: [1, 2, 1, 2],
  },
  "after the zone is read again": {
    gemini: (person) => [misread(person), hold("stamp", person)],
    compreface: (person) => [holdFaces(person)],
    kept: ["mrz", "passport"],
    calls: [1, 1, 2, 2],
  },
  "while the stamp is read": {
    gemini: (person) => [misread(person), hold("stamp", person)],
    kept: ["mrz", "passport"],
    calls: [1, 1, 2, 2],
  },
  "after the stamp is read": {
    gemini: (person) => [hold("passport", person)],
    compreface: (person) => [holdFaces(person)],
    kept: ["stamp"],
    calls: [2, 0, 1, 2],
  },
  "while the faces are compared": {
    gemini: (person) => [misread(person)],
    compreface: (person) => [holdFaces(person)],
    kept: ["mrz", "passport", "stamp"],
    calls: [1, 1, 1, 2],
  },
  "after the faces are compared": {
    gemini: (person) => [hold("passport", person), hold("stamp", person)],
    calls: [2, 0, 2, 2],
  },
};

const describeCalls = ([passport, mrz, stamp, verify]: Moment["calls"]) =>
  `asked for the passport ${passport}x, the zone ${mrz}x, the stamp ${stamp}x, the faces ${verify}x`;

/** Kills the worker, restarts it, and waits for the end of the job. */
async function strike(prepared: Prepared, calls: Moment["calls"]) {
  await worker.kill("SIGKILL");
  assert.ok(worker.ended);
  stage.gemini.script([]);
  stage.compreface.script([]);
  await worker.restart();
  await finish(prepared, calls);
}

async function finish(prepared: Prepared, [passport, mrz, stamp, verify]: Moment["calls"]) {
  await stage.assertOneVerdict([prepared]);
  assert.deepEqual(callsAbout(prepared.person), { passport, mrz, stamp, verify });
  await stage.emptied();
}

for (const [index, [moment, { gemini, compreface, kept = [], calls }]] of Object.entries(MOMENTS).entries()) {
  row("1", `SIGKILL ${moment}`, `one verdict; ${describeCalls(calls)}`, async () => {
    const person = 1_500 + index;
    stage.gemini.script(gemini?.(person) ?? []);
    stage.compreface.script(compreface?.(person) ?? []);
    const prepared = await stage.submit({ kind: "stamped", person });
    await eventually("the calls without a kept answer run", () =>
      CALLS.every((kind, at) => calls[at] !== 2 || callsAbout(person)[kind] === 1),
    );
    await eventually(`kept: ${kept.join()}`, async () => {
      return (await keptWork.purposesOf(prepared.kycId)).join() === kept.join();
    });
    await strike(prepared, calls);
  });
}

const EACH_ONCE = [1, 0, 1, 1] as const;
const recordUrl = () => stage.environment["POSTGRES_URL"] ?? "";

row(
  "1",
  "SIGKILL before the first step, while the job waits for its record",
  "one verdict, each asked once",
  async () => {
    const prepared = await stage.prepare({ kind: "stamped", person: 1_510 });
    {
      await using lock = await lockRecord(recordUrl(), prepared.kycId);
      await stage.api.submit(prepared.submission);
      await lock.isWaitedFor();
      await worker.kill("SIGKILL");
    }
    await worker.restart();
    await finish(prepared, EACH_ONCE);
  },
);

row("1", "SIGKILL while pictures are fetched", "one verdict, each asked once", async () => {
  const prepared = await stage.prepare({ kind: "stamped", person: 1_511 });
  const key = prepared.submission["selfieKey"];
  stage.storage.script([{ match: { key }, times: 1, answer: { fault: "hang" } }]);
  await stage.api.submit(prepared.submission);
  await eventually("the picture is asked for", () => stage.storage.readsOf(key) === 1);
  await strike(prepared, EACH_ONCE);
});

row("1", "SIGKILL right after pictures are fetched", "one verdict, each asked at most twice", async () => {
  const prepared = await stage.prepare({ kind: "stamped", person: 1_512 });
  const fetched = worker.nextLine(/"step":"fetch_pictures".*"step done"/);
  await stage.api.submit(prepared.submission);
  await fetched;
  await worker.kill("SIGKILL");
  await worker.restart();
  await stage.settled([prepared], 20_000);
  assert.deepEqual(await stage.audit([prepared]), []);
  assert.ok(Object.values(callsAbout(1_512)).every((times) => times <= 2));
});

/** Submits, and waits until the worker has written its verdict and is about to commit. */
async function submitUntilCommit(kind: "stamped" | "mismatch", person: number) {
  stage.gemini.script([]);
  stage.compreface.script([]);
  const commit = proxies.postgres.hold(STATEMENTS.commit);
  const prepared = await stage.submit({ kind, person });
  await commit.seen;
  return { prepared, commit };
}

row("1", "SIGKILL while the verdict is saved", "one verdict; nothing is paid again", async () => {
  const { prepared } = await submitUntilCommit("stamped", 1_513);
  await worker.kill("SIGKILL");
  proxies.postgres.resetOpen();
  await worker.restart();
  await finish(prepared, [1, 0, 1, 2]);
});

/** Kills the worker after its verdict is in the record, and before the worker reports it to Redis. */
async function killAfterSave(kind: "stamped" | "mismatch", person: number): Promise<Prepared> {
  const { prepared, commit } = await submitUntilCommit(kind, person);
  await tool.redis.client("PAUSE", HELD_MS, "WRITE");
  commit.release();
  await eventually("the verdict is saved", async () => (await stage.verdicts.of(prepared.kycId)).length === 1);
  await worker.kill("SIGKILL");
  await tool.redis.client("UNPAUSE");
  return prepared;
}

row(
  "1",
  "SIGKILL after the verdict is saved, before the job is acknowledged",
  "the verdict stays, each asked once",
  async () => {
    const prepared = await killAfterSave("stamped", 1_514);
    await worker.restart();
    await finish(prepared, EACH_ONCE);
  },
);

row(
  "+",
  "SIGKILL after the verdict is saved, and the record is submitted again before the job runs again",
  "202; the new submission's verdict",
  async () => {
    const old = await killAfterSave("mismatch", 1_515);
    const since = await stage.decidedAt(old.kycId);
    const next = await stage.submit({ kind: "match", person: 1_515, kycId: old.kycId, round: 1 });
    await worker.restart();
    await stage.settled([next], 20_000, since);
    assert.deepEqual(await stage.audit([next]), []);
    assert.equal((await stage.verdicts.of(old.kycId)).length, 2);
    await stage.emptied();
  },
);

row("32", "after all faults of this file", "no personal datum, token, key or URL in logs or in Redis", async () => {
  assert.deepEqual(await stage.leaks(Array.from({ length: 16 }, (_, index) => 1_500 + index)), []);
});
