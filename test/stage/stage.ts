/**
 * A stage for tests with faults: a real PostgreSQL and a real Redis that tests can kill, an object storage and
 * stand-ins that tests can make fail, worker processes, and the API's handler in this process.
 */
import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createBackend } from "../../dev/stack/backend.ts";
import { createComprefaceServer } from "../../dev/stand-ins/compreface/compreface.ts";
import { createGeminiServer } from "../../dev/stand-ins/gemini/gemini.ts";
import { createObjectStorage } from "../../dev/stand-ins/object-storage/object-storage.ts";
import { startPostgres } from "../../dev/servers/postgres.ts";
import { startRedis } from "../../dev/servers/redis.ts";
import { createVerificationTable } from "../../dev/stack/serverpod-table.ts";
import { startWorker } from "../../dev/stack/service.ts";
import { eventually } from "../waiting.ts";
import { openApi } from "./api.ts";
import { kindOf, type KindName } from "./kinds.ts";
import { findLeaks } from "./audit/find-leaks.ts";
import { faultsOf } from "./audit/verdict.ts";
import { openVerdictLog } from "./audit/verdict-log.ts";

const MODEL = "gemini-3-flash-preview";
const BUCKET = "kyc-data";

/** Settings for recovery in seconds instead of half a minute, and retries in tenths of a second. */
const QUICK = {
  KYC_JOB_ATTEMPTS: "3",
  KYC_JOB_BACKOFF_MS: "100",
  WORKER_LOCK_DURATION_MS: "2000",
  WORKER_STALLED_INTERVAL_MS: "500",
  WORKER_SHUTDOWN_TIMEOUT_MS: "3000",
};

interface StageOptions {
  /** Environment variables of the service, in addition to those of the stage. */
  readonly settings?: Readonly<Record<string, string>>;
  readonly latencyMs?: { readonly gemini: number; readonly compreface: number };
  /** Whether Redis writes its changes to a file, so that they survive a crash; true by default. */
  readonly appendOnly?: boolean;
  readonly redisArgs?: readonly string[];
}

/** A prepared submission: its pictures are in the bucket, and its record is in review. */
export interface Prepared {
  readonly kycId: number;
  readonly userId: number;
  readonly person: number;
  readonly kind: KindName;
  readonly submission: Readonly<Record<string, string | number>>;
}

interface PrepareOptions {
  readonly kind?: KindName;
  readonly person?: number;
  readonly kycId?: number;
  /** Distinguishes the object keys of several submissions of one record. */
  readonly round?: number;
}

export type Stage = Awaited<ReturnType<typeof openStage>>;
export type StageWorker = Awaited<ReturnType<Stage["startWorker"]>>;

/** Opens a stage. Dispose of it when done. */
export async function openStage({
  settings = {},
  latencyMs = { gemini: 30, compreface: 10 },
  appendOnly = true,
  redisArgs = [],
}: StageOptions = {}) {
  await using opening = new AsyncDisposableStack();
  const redisFolder = await mkdtemp(join(tmpdir(), "kyc-stage-"));
  opening.defer(() => rm(redisFolder, { recursive: true, force: true }));
  const [postgres, redis] = await Promise.all([
    startPostgres(),
    startRedis({ appendOnly, directory: redisFolder, args: redisArgs }),
  ]);
  opening.use(postgres);
  opening.use(redis);
  const postgresUrl = await postgres.createDatabase("kyc");
  await createVerificationTable(postgresUrl);
  const verdicts = opening.use(await openVerdictLog(postgresUrl));
  const credentials = { accessKey: "GK0123456789abcdef01234567", secretKey: randomBytes(32).toString("hex") };
  const storage = opening.use(await createObjectStorage({ ...credentials, region: "garage", bucket: BUCKET }));
  const keys = { gemini: randomUUID(), compreface: randomUUID() };
  const gemini = opening.use(
    await createGeminiServer({ apiKey: keys.gemini, model: MODEL, latencyMs: latencyMs.gemini }),
  );
  const compreface = opening.use(
    await createComprefaceServer({ apiKey: keys.compreface, latencyMs: latencyMs.compreface }),
  );
  const environment: Readonly<Record<string, string>> = {
    ...QUICK,
    KYC_SERVICE_SECRET: randomBytes(16).toString("hex"),
    KYC_ENCRYPTION_KEYS: `1:${randomBytes(32).toString("base64")}`,
    POSTGRES_URL: postgresUrl,
    REDIS_URL: redis.url,
    S3_ENDPOINT: storage.url,
    S3_REGION: "garage",
    S3_BUCKET: BUCKET,
    S3_ACCESS_KEY: credentials.accessKey,
    S3_SECRET_KEY: credentials.secretKey,
    GEMINI_API_KEY: keys.gemini,
    GEMINI_BASE_URL: gemini.url,
    COMPREFACE_API_KEY: keys.compreface,
    COMPREFACE_URL: compreface.url,
    ...settings,
  };
  const api = openApi(environment);
  opening.defer(() => api.close());
  const backend = createBackend({ apiUrl: "", environment });
  opening.defer(() => backend.close());
  const resources = opening.move();
  const logs: string[] = [];
  let lastId = 0;

  /** Puts the pictures into the bucket and the record in review. */
  async function prepare({ kind = "match", kycId = ++lastId, person = kycId, round = 0 }: PrepareOptions = {}) {
    lastId = Math.max(lastId, kycId);
    const { pictures, withStamp } = kindOf(kind);
    const key = (role: string) => `kyc/${kycId}/${round}/${role}.jpg`;
    for (const [role, bytes] of Object.entries(await pictures(person))) storage.put(key(role), bytes);
    const userId = 1_000 + kycId;
    if ((await backend.records.readRecord(kycId)) === undefined) await backend.records.insertRecord({ kycId, userId });
    await backend.records.setInReview(kycId);
    const submission = {
      userId,
      kycId,
      passportKey: key("passport"),
      selfieKey: key("selfie"),
      ...(withStamp && { stampKey: key("stamp") }),
    };
    return { kycId, userId, person, kind, submission } satisfies Prepared;
  }

  /** Prepares and submits. Throws if the submission was not accepted. */
  async function submit(options?: PrepareOptions): Promise<Prepared> {
    const prepared = await prepare(options);
    const { status } = await api.submit(prepared.submission);
    if (status !== 202) throw new Error(`HTTP ${status} for record ${prepared.kycId}`);
    return prepared;
  }

  /** Lists the faults of the verdicts; empty if all are right. */
  async function audit(prepared: readonly Prepared[]): Promise<string[]> {
    const faults: string[] = [];
    for (const entry of prepared) {
      const record = await backend.records.readRecord(entry.kycId);
      const result = await backend.openResult(entry.kycId);
      faults.push(...faultsOf(entry, record, result).map((fault) => `${entry.kycId} (${entry.kind}): ${fault}`));
    }
    return faults;
  }

  return {
    environment,
    postgres,
    redis,
    storage,
    gemini,
    compreface,
    api,
    backend,
    records: backend.records,
    /** The log of all verdicts. */
    verdicts,
    /** The log lines of all workers. */
    logs,
    prepare,

    /** Starts a worker with the stage's variables and `variables`. The stage stops it at its end, if no test did. */
    async startWorker(variables: Readonly<Record<string, string>> = {}) {
      const listeners = new Set<(line: string) => void>();
      const lines: string[] = [];
      const worker = await startWorker({
        environment: { ...environment, ...variables },
        log(line) {
          logs.push(line);
          lines.push(line);
          for (const listener of listeners) listener(line);
        },
      });
      const stop = once(() => worker.stop());
      resources.defer(stop);
      return {
        lines,
        get pid() {
          return worker.pid;
        },
        get ended() {
          return worker.ended;
        },
        kill: worker.kill,
        restart: worker.restart,
        stop,
        healthUrl: worker.healthUrl,
        /** Resolves with the next line that matches. */
        nextLine: (pattern: RegExp) =>
          new Promise<string>((resolve) => {
            const listener = (line: string) => {
              if (!pattern.test(line)) return;
              listeners.delete(listener);
              resolve(line);
            };
            listeners.add(listener);
          }),
      };
    },

    submit,

    /** Makes this many submissions, one after the other, each with the pictures of a person. */
    async submitMany(count: number, personOf: (index: number) => number): Promise<Prepared[]> {
      const prepared: Prepared[] = [];
      for (let index = 0; index < count; index++) prepared.push(await submit({ person: personOf(index) }));
      return prepared;
    },

    /** Waits until no job is left: a verdict is visible before its job leaves the queue. */
    emptied: () =>
      eventually(
        "no job is left",
        async () => {
          const { waiting, active, delayed } = await api.queue.depth();
          return waiting + active + delayed === 0;
        },
        { timeoutMs: 40_000 },
      ),

    /** Waits for verdicts. */
    async settled(prepared: readonly Prepared[], timeoutMs: number, since: Date | null = null): Promise<void> {
      for (const { kycId } of prepared) await backend.settled(kycId, { since, timeoutMs });
    },

    /** The outcome of a record: its failure code, or its status; `undefined` if it has no result. */
    async outcomeOf(kycId: number): Promise<string | undefined> {
      const result = await backend.openResult(kycId);
      return result?.status === "ocr_failed" ? result.failureCode : result?.status;
    },

    /** When a record was last decided; `null` if it never was. */
    decidedAt: async (kycId: number) => (await backend.records.readRecord(kycId))?.reviewedAt ?? null,

    /** Counts the requests to Gemini for a person's passport. */
    readingsOf: (person: number) =>
      gemini.requests.filter(({ kind, numbers }) => kind === "passport" && numbers.includes(person)).length,

    audit,

    /** Waits until each of these records has exactly one verdict, and checks it. */
    async assertOneVerdict(prepared: readonly Prepared[], timeoutMs = 30_000): Promise<void> {
      for (const { kycId } of prepared) await backend.settled(kycId, { timeoutMs });
      assert.deepEqual(await audit(prepared), []);
      for (const { kycId } of prepared) assert.equal((await verdicts.of(kycId)).length, 1);
    },

    /** Finds personal data and secrets in the workers' logs and in everything that was sent to Redis. */
    leaks: (people: readonly number[]) => findLeaks({ people, environment, logs, redisFolder }),

    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

/** Returns a function that does its work only at its first call. */
function once<T>(work: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => (result ??= { value: work() }).value;
}
