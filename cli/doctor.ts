/** `npx kyc doctor`: checks every setting and every neighbour, and says how to mend what is wrong. */
import {
  ConfigError,
  readProcessConfig,
  readWatchdogConfig,
  readWorkerConfig,
  type WorkerConfig,
} from "../lib/config.ts";
import { createCompreface } from "../lib/compreface.ts";
import { createRecords } from "../lib/records.ts";
import { connectForCaller, readRedisState } from "../lib/redis.ts";
import { createStorage } from "../lib/storage.ts";
import type { Command } from "./command.ts";

/** One thing that was looked at; `mend` says what to do where it is not well. */
interface Finding {
  readonly what: string;
  readonly state: "ok" | "warning" | "wrong";
  readonly detail: string;
  readonly mend?: string;
}

const TIMEOUT_MS = 5_000;

export const doctor: Command = {
  usage: "doctor [--key objectKey]",
  summary: "check every setting and neighbour",
  help: "--key names an object to read from the storage, such as kyc/456/passport.jpg. Exits with 1 where something is wrong.",
  async run({ options }) {
    const { config, findings: settings } = readSettings();
    const neighbours =
      config === undefined
        ? []
        : await Promise.all([
            ...settled("Redis", checkRedis(config)),
            ...settled("PostgreSQL", checkPostgres(config)),
            ...settled("Object storage", checkStorage(config, options.key)),
            ...settled("Gemini", checkGemini(config)),
            ...settled("CompreFace", checkCompreface(config)),
          ]);
    const findings = [...settings, ...neighbours.flat()];
    const marks = { ok: "ok     ", warning: "WARNING", wrong: "WRONG  " };
    const lines = findings.map(({ what, state, detail, mend }) =>
      [`${marks[state]}  ${what}: ${detail}`, ...(mend === undefined ? [] : [`         -> ${mend}`])].join("\n"),
    );
    return { ok: findings.every(({ state }) => state !== "wrong"), report: lines.join("\n"), data: findings };
  },
};

/** A neighbour that cannot be asked at all is a finding, too. */
function settled(what: string, findings: Promise<readonly Finding[]>): Promise<readonly Finding[]>[] {
  return [
    findings.catch((error: unknown): readonly Finding[] => {
      const code = error instanceof Error && "code" in error ? String(error.code) : "no answer";
      return [
        {
          what,
          state: "wrong",
          detail: `cannot be reached (${code})`,
          mend: "check its address, its credentials and the network",
        },
      ];
    }),
  ];
}

function readSettings(): { config: WorkerConfig | undefined; findings: Finding[] } {
  const findings: Finding[] = [];
  const attempt = <T>(what: string, read: () => T): T | undefined => {
    try {
      const config = read();
      findings.push({ what: `Settings of the ${what}`, state: "ok", detail: "complete" });
      return config;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const mend = error.message
        .split("\n")
        .slice(1)
        .map((line) => line.trim())
        .join("\n         -> ");
      findings.push({ what: `Settings of the ${what}`, state: "wrong", detail: error.variables.join(", "), mend });
      return undefined;
    }
  };
  attempt("API", () => readProcessConfig());
  attempt("watchdog", () => readWatchdogConfig());
  return { config: attempt("worker", () => readWorkerConfig()), findings };
}

async function checkRedis(config: WorkerConfig): Promise<readonly Finding[]> {
  const redis = connectForCaller(config.REDIS_URL, { cluster: config.REDIS_CLUSTER === "on", onError: () => {} });
  try {
    const { version, evictionPolicy, appendOnly, clusterEnabled } = await readRedisState(redis);
    const needsBraces = clusterEnabled && !/\{.+\}/.test(config.KYC_QUEUE_PREFIX);
    return [
      { what: "Redis", state: "ok", detail: `version ${version}` },
      evictionPolicy === "noeviction"
        ? { what: "Redis eviction", state: "ok", detail: "noeviction" }
        : {
            what: "Redis eviction",
            state: "wrong",
            detail: evictionPolicy,
            mend: "set maxmemory-policy to noeviction, or jobs are lost when memory is full",
          },
      appendOnly
        ? { what: "Redis persistence", state: "ok", detail: "append-only file" }
        : {
            what: "Redis persistence",
            state: "warning",
            detail: "no append-only file",
            mend: "set appendonly to yes, or a restart loses the queue (the watchdog then fails the records)",
          },
      ...(needsBraces
        ? [
            {
              what: "Redis Cluster",
              state: "wrong",
              detail: "the queue's prefix has no braces",
              mend: "set KYC_QUEUE_PREFIX={bull}",
            } as const,
          ]
        : []),
    ];
  } finally {
    redis.disconnect();
  }
}

/** What Serverpod generates for each column that this service touches. */
const COLUMN_TYPES: Readonly<Record<string, RegExp>> = {
  id: /^bigint$/,
  status: /^text$/,
  ocrResult: /^bytea$/,
  reviewedAt: /^timestamp/,
};

async function checkPostgres(config: WorkerConfig): Promise<readonly Finding[]> {
  const records = createRecords({ url: config.POSTGRES_URL });
  try {
    const { columns, timeZone } = await records.describeTable();
    const since = process.env["KYC_STUCK_SINCE_COLUMN"] || "createdAt";
    const wrong = Object.entries({ ...COLUMN_TYPES, [since]: /^timestamp/ })
      .filter(([name, type]) => !type.test(columns.get(name) ?? ""))
      .map(([name]) => `${name} is ${columns.get(name) ?? "missing"}`);
    return [
      wrong.length === 0
        ? { what: "PostgreSQL table", state: "ok", detail: "kyc_verification has the columns that are needed" }
        : {
            what: "PostgreSQL table",
            state: "wrong",
            detail: wrong.join(", "),
            mend: "generate the table with Serverpod as docs/calling-from-serverpod.md shows; KYC_STUCK_SINCE_COLUMN must name one of its timestamps",
          },
      { what: "PostgreSQL time zone", state: "ok", detail: `${timeZone} (this service's transactions use UTC)` },
    ];
  } finally {
    await records.close();
  }
}

async function checkStorage(config: WorkerConfig, key: string | undefined): Promise<readonly Finding[]> {
  if (key === undefined) {
    return [
      {
        what: "Object storage",
        state: "warning",
        detail: "not read",
        mend: "name an object that exists: npx kyc doctor --key kyc/456/passport.jpg",
      },
    ];
  }
  const storage = createStorage({
    endpoint: config.S3_ENDPOINT,
    region: config.S3_REGION,
    accessKey: config.S3_ACCESS_KEY,
    secretKey: config.S3_SECRET_KEY,
    bucket: config.S3_BUCKET,
    maxImageBytes: config.MAX_IMAGE_BYTES,
    timeoutMs: TIMEOUT_MS,
  });
  try {
    const bytes = await storage.fetchImage(key, "passport", AbortSignal.timeout(TIMEOUT_MS));
    return [{ what: "Object storage", state: "ok", detail: `read ${bytes.length} bytes` }];
  } catch (error) {
    const detail = error instanceof Error ? error.message : "no answer";
    return [
      {
        what: "Object storage",
        state: "wrong",
        detail,
        mend: "check S3_ENDPOINT, S3_REGION, S3_BUCKET, the key's grants, and that the object exists",
      },
    ];
  } finally {
    storage.close();
  }
}

async function checkGemini(config: WorkerConfig): Promise<readonly Finding[]> {
  const response = await fetch(`${config.GEMINI_BASE_URL.replace(/\/+$/, "")}/v1beta/models/${config.GEMINI_MODEL}`, {
    headers: { "x-goog-api-key": config.GEMINI_API_KEY },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (response.ok)
    return [{ what: "Gemini", state: "ok", detail: `the key is valid and ${config.GEMINI_MODEL} exists` }];
  const mend =
    response.status === 404
      ? "set GEMINI_MODEL to a model that exists"
      : "check GEMINI_API_KEY and its project's billing and restrictions";
  return [{ what: "Gemini", state: "wrong", detail: `HTTP ${response.status}`, mend }];
}

/** A grey picture: CompreFace finds no face in it, which is an answer that only a right key gets. */
const GREY_JPEG = Buffer.from(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=",
  "base64",
);

async function checkCompreface(config: WorkerConfig): Promise<readonly Finding[]> {
  const { COMPREFACE_API_KEY: apiKey, COMPREFACE_URL: url, FACE_MATCH_THRESHOLD: threshold } = config;
  if (apiKey === undefined) {
    return [
      {
        what: "CompreFace",
        state: "warning",
        detail: "COMPREFACE_API_KEY is not set",
        mend: "Gemini compares the faces; create a verification service in CompreFace and set its key",
      },
    ];
  }
  const compreface = createCompreface({ url, apiKey, timeoutMs: TIMEOUT_MS });
  const healthy = await compreface.checkHealth(AbortSignal.timeout(TIMEOUT_MS));
  const findings: Finding[] = [
    healthy
      ? { what: "CompreFace", state: "ok", detail: "its recognition core answers" }
      : {
          what: "CompreFace",
          state: "wrong",
          detail: "its health check does not answer",
          mend: "check COMPREFACE_URL and that compreface-core runs; it takes a minute to start",
        },
  ];
  if (healthy) findings.push(await checkKey(compreface));
  const usual = threshold >= 0.5 && threshold < 0.995;
  findings.push({
    what: "Face match threshold",
    state: usual ? "ok" : "warning",
    detail: String(threshold),
    ...(usual
      ? {}
      : { mend: "CompreFace's scores are made so that 0.5 divides matches from others: choose between 0.5 and 0.99" }),
  });
  return findings;
}

async function checkKey(compreface: ReturnType<typeof createCompreface>): Promise<Finding> {
  const picture = (role: "passport" | "selfie") => ({ role, jpeg: GREY_JPEG, width: 1, height: 1 });
  const reason = await compreface.compare(picture("passport"), picture("selfie"), AbortSignal.timeout(TIMEOUT_MS)).then(
    () => "answered",
    (error: unknown) => (error instanceof Error && "reason" in error ? String(error.reason) : "no answer"),
  );
  return reason === "face_not_found" || reason === "answered"
    ? { what: "CompreFace key", state: "ok", detail: "belongs to a verification service" }
    : {
        what: "CompreFace key",
        state: "wrong",
        detail: reason,
        mend: "use the API key of a service of type VERIFICATION",
      };
}
