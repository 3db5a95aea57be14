/** An answer that tries to exhaust the worker's memory, and servers that differ from those on a laptop. */
import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { freePort } from "../../dev/servers/free-port.ts";
import { measurePeakMb } from "../stage/audit/memory.ts";
import { openStage, type Stage } from "../stage/stage.ts";
import { eventually } from "../waiting.ts";
import { row } from "./row.ts";

/** The attempts of a job on the stage. */
const ATTEMPTS = 3;
const SHORT = "[]";
const NESTED = "[".repeat(1_900_000) + "]".repeat(1_900_000);
const WARM_UP_JOBS = 3;
/**
 * Measured: each further job adds 10 to 20 MB. Without a limit on answers it is 830 MB, and the worker loses its job.
 */
const GROWTH_LIMIT_MB = 100;

/** Runs a job. Gemini answers its passport with this body, always. */
async function playUseless(stage: Stage, body: string): Promise<void> {
  stage.gemini.script([{ match: { kind: "passport" }, times: null, answer: { fault: "body", body } }]);
  const before = stage.gemini.requests.length;
  const { kycId } = await stage.submit({ person: 1 });
  await stage.backend.settled(kycId, { since: null, timeoutMs: 60_000 });
  assert.equal(await stage.outcomeOf(kycId), "ocr_bad_output");
  const asked = stage.gemini.requests.slice(before).filter(({ kind }) => kind === "passport");
  assert.equal(asked.length, ATTEMPTS);
}

row(
  "41",
  "Gemini answers with 3.8 MB of nested brackets",
  "the job ends as after any unusable answer, and the worker needs no more memory than after a short answer",
  async (context) => {
    await using stage = await openStage();
    const { pid } = await stage.startWorker();
    const measure = (body: string) => measurePeakMb(pid, () => playUseless(stage, body));
    // A worker's memory grows with its first jobs.
    for (let round = 0; round < WARM_UP_JOBS; round++) await playUseless(stage, SHORT);
    const shortMb = await measure(SHORT);
    const nestedMb = await measure(NESTED);
    context.diagnostic(`peak ${shortMb} MB with a short answer, ${nestedMb} MB with nested brackets`);
    assert.ok(nestedMb - shortMb < GROWTH_LIMIT_MB, `${shortMb} MB, then ${nestedMb} MB`);
  },
);

row(
  "42",
  "Redis is a cluster at an IPv6 address",
  "the worker connects, and a submission gets its verdict",
  async () => {
    const busPort = String(await freePort());
    const cluster = ["--cluster-enabled", "yes", "--cluster-port", busPort, "--cluster-announce-ip", "::1"];
    const redisArgs = ["--bind", "::1", "127.0.0.1", ...cluster];
    await using stage = await openStage({ redisArgs, settings: { KYC_QUEUE_PREFIX: "{bull}" } });
    const admin = new Redis(stage.redis.url);
    try {
      await admin.call("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
      await eventually("the cluster takes writes", async () =>
        (await admin.cluster("INFO")).includes("cluster_state:ok"),
      );
    } finally {
      admin.disconnect();
    }
    await stage.startWorker({ REDIS_CLUSTER: "on", REDIS_URL: `redis://[::1]:${stage.redis.port}` });
    const prepared = await stage.submit();
    await stage.settled([prepared], 30_000);
    assert.deepEqual(await stage.audit([prepared]), []);
  },
);
