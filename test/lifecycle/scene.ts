/** A stage with one worker behind proxies, and what the tests of the lifecycle do on it. */
import assert from "node:assert/strict";
import { openQueueTool } from "../servers/queue-tool.ts";
import { keyOf, openKeptWork } from "../stage/audit/kept-work.ts";
import { openProxies, STATEMENTS } from "../stage/trouble/proxies.ts";
import { openStage, type Prepared } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";

/** Longer than a test lasts: a delayed job runs when the test says so. */
const BACKOFF_MS = 60_000;

export type Scene = Awaited<ReturnType<typeof openScene>>;

/** The second reader keeps nothing of a record: a worker that begins without it begins sooner. */
const SETTINGS = { KYC_JOB_BACKOFF_MS: String(BACKOFF_MS), WORKER_LOCK_DURATION_MS: "1000", MRZ_READER: "off" };

/** Opens a scene. Dispose of it when done. */
export async function openScene() {
  await using opening = new AsyncDisposableStack();
  const stage = opening.use(await openStage({ settings: SETTINGS }));
  const proxies = opening.use(await openProxies(stage));
  const tool = openQueueTool(stage.redis.url);
  opening.defer(() => tool.close());
  const worker = await stage.startWorker(proxies.variables);
  const resources = opening.move();

  const submit = async ({ submission }: Prepared) => assert.equal((await stage.api.submit(submission)).status, 202);

  /** Kills the worker, and all that it was about to say. */
  async function killWorker(): Promise<void> {
    await worker.kill("SIGKILL");
    proxies.postgres.resetOpen();
    proxies.redis.resetOpen();
  }

  return {
    stage,
    proxies,
    tool,
    worker,
    keptWork: openKeptWork(tool, stage.environment),
    submit,
    killWorker,

    /** A record in review with the pictures of a submission, and those of a later one of another person. */
    async prepareTwo(kind: Prepared["kind"] = "match") {
      const first = await stage.prepare({ kind });
      const { kycId } = first;
      return { kycId, first, other: await stage.prepare({ kycId, person: kycId + 500, round: 1 }) };
    },

    /** Lets no job begin to run meanwhile. */
    async whileStopped(work: () => Promise<void>): Promise<void> {
      await worker.kill("SIGSTOP");
      try {
        await work();
      } finally {
        await worker.kill("SIGCONT");
      }
    },

    /** Submits, and holds the worker back at this statement: by default when all providers have answered. */
    async run(prepared: Prepared, statement: keyof typeof STATEMENTS = "save") {
      const held = proxies.postgres.hold(STATEMENTS[statement]);
      await submit(prepared);
      await held.seen;
      return held;
    },

    /** Submits, and lets the first attempt fail, after the passport was read and paid for. */
    async delay(prepared: Prepared): Promise<void> {
      const { person } = prepared;
      stage.compreface.script([
        { match: { kind: "verify", number: person }, times: 1, answer: { fault: "badGateway" } },
      ]);
      await submit(prepared);
      await eventually("the job is delayed", async () => (await stage.api.queue.depth()).delayed === 1);
    },

    /** Lets a delayed job run. */
    promote: async ({ kycId }: Prepared) => assert.equal(await stage.api.queue.runNow(kycId), "promoted"),

    /** Redis loses the lists of the queue, and keeps its jobs. */
    loseLists: () => tool.redis.del(...["wait", "delayed", "active", "marker"].map((list) => `bull:kyc-jobs:${list}`)),

    /** Redis loses the hash of a record. */
    loseHash: (kycId: number) => tool.redis.del(keyOf(kycId)),

    /** Sets the record's state as the backend or a person does. */
    async setRecord(kycId: number, status: string, reviewedAt: "now()" | "NULL" | `"reviewedAt"`): Promise<void> {
      await stage.verdicts.query(
        `UPDATE kyc_verification SET status = $2, "reviewedAt" = ${reviewedAt} WHERE id = $1`,
        [kycId, status],
      );
    },

    statusOf: async (kycId: number) => (await stage.records.readRecord(kycId))?.status,

    /** How often the vision model was asked to read the passport of a submission. */
    readingsOf: ({ person }: Prepared) => stage.readingsOf(person),

    /** When no job is left, the record has had so many verdicts, and the last one is about this submission. */
    async assertVerdict(prepared: Prepared, count = 1): Promise<void> {
      await stage.emptied();
      assert.deepEqual(await stage.audit([prepared]), []);
      assert.equal((await stage.verdicts.of(prepared.kycId)).length, count);
    },

    /** When no job is left, the record has this status, and has had so many verdicts. */
    async assertUntouched(kycId: number, status: string, count = 0): Promise<void> {
      await stage.emptied();
      assert.equal((await stage.records.readRecord(kycId))?.status, status);
      assert.equal((await stage.verdicts.of(kycId)).length, count);
    },

    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}
