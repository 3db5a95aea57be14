/**
 * Everything the service needs around it. What the environment (or `.env`) names is used as it is; the rest is started
 * here: a real PostgreSQL and Redis, an object store that speaks S3, and stand-ins of Gemini and CompreFace.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { Environment } from "../../lib/config.ts";
import type { StackPorts } from "./ports.ts";
import { createComprefaceServer } from "../stand-ins/compreface/compreface.ts";
import { createLocalFaces } from "../stand-ins/local-faces/local-faces.ts";
import { createLocalReader } from "../stand-ins/local-reader/local-reader.ts";
import { createGeminiServer } from "../stand-ins/gemini/gemini.ts";
import { createObjectStorage } from "../stand-ins/object-storage/object-storage.ts";
import { startPostgres } from "../servers/postgres.ts";
import { startRedis } from "../servers/redis.ts";
import { createVerificationTable } from "./serverpod-table.ts";

/** The processes of a stack that log. */
export type LogSource = "functions" | "worker" | "postgresql" | "redis";

/** What to start, and how. */
export interface DependenciesOptions {
  readonly environment: Environment;
  /** Called with a line about what is being started. */
  readonly progress: (line: string) => void;
  /** Called with every line that a process of the stack logs. */
  readonly log?: (source: LogSource, line: string) => void;
  /** Any free ports by default. */
  readonly ports?: StackPorts;
  readonly latencyMs?: { readonly gemini: number; readonly compreface: number };
  /** Settings of this stack that the environment may override. */
  readonly defaults?: Readonly<Record<string, string>>;
}

/** The running dependencies. {@link startDependencies} */
export type Dependencies = Awaited<ReturnType<typeof startDependencies>>;

/** What each of the starters below works with. */
type Start = DependenciesOptions & { readonly started: AsyncDisposableStack };

/** Starts what is not configured. Disposing of it stops what was started, in reverse. */
export async function startDependencies({ defaults, ...options }: DependenciesOptions) {
  await using started = new AsyncDisposableStack();
  const set = Object.entries(options.environment).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const environment = Object.fromEntries(set);
  const start = { ...options, environment, started };

  const gemini = environment["GEMINI_API_KEY"] ? undefined : await startGemini(start);
  const compreface = environment["COMPREFACE_URL"] ? undefined : await startCompreface(start);
  const settings: Readonly<Record<string, string>> = {
    KYC_SERVICE_SECRET: randomBytes(16).toString("hex"),
    KYC_ENCRYPTION_KEYS: `1:${randomBytes(32).toString("base64")}`,
    ...defaults,
    ...environment,
    ...(!environment["POSTGRES_URL"] && (await startDatabase(start))),
    ...(!environment["REDIS_URL"] && (await startQueueRedis(start))),
    ...(!environment["S3_ENDPOINT"] && (await startStorage(start))),
    ...gemini?.settings,
    ...compreface?.settings,
  };
  const resources = started.move();
  return {
    /** A complete environment for the service. */
    environment: settings,
    /** The stand-in of Gemini; `undefined` where the real one is configured. */
    gemini: gemini?.server,
    /** The stand-in of CompreFace; `undefined` where the real one is configured. */
    compreface: compreface?.server,
    /** Compares pictures without marks for the stand-in of CompreFace. */
    faces: compreface?.faces,
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

async function startDatabase({ started, progress, log, ports }: Start) {
  progress("PostgreSQL: starting a local one");
  const server = started.use(await startPostgres({ port: ports?.postgres, log: (line) => log?.("postgresql", line) }));
  const url = await server.createDatabase("kyc");
  await createVerificationTable(url);
  return { POSTGRES_URL: url };
}

async function startQueueRedis({ started, progress, log, ports }: Start) {
  progress("Redis: starting a local one");
  const server = started.use(
    await startRedis({ port: ports?.redis, appendOnly: true, progress, log: (line) => log?.("redis", line) }),
  );
  return { REDIS_URL: server.url };
}

async function startStorage({ environment, started, progress, ports }: Start) {
  progress("Object storage: starting a local one");
  const credentials = { accessKey: "GK0123456789abcdef01234567", secretKey: randomBytes(32).toString("hex") };
  const bucket = environment["S3_BUCKET"] ?? "kyc-data";
  const region = environment["S3_REGION"] ?? "garage";
  const server = started.use(await createObjectStorage({ ...credentials, region, bucket, port: ports?.storage }));
  return {
    S3_ENDPOINT: server.url,
    S3_REGION: region,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY: credentials.accessKey,
    S3_SECRET_KEY: credentials.secretKey,
  };
}

async function startGemini({ environment, started, progress, ports, latencyMs }: Start) {
  progress("Gemini: starting a stand-in that reads the sample pictures; a local reader reads real ones");
  const apiKey = randomUUID();
  const model = environment["GEMINI_MODEL"] ?? "gemini-3-flash-preview";
  const reader = createLocalReader();
  started.defer(() => reader.close());
  const options = { latencyMs: latencyMs?.gemini, port: ports?.gemini };
  const server = started.use(await createGeminiServer({ apiKey, model, reader, ...options }));
  return { server, settings: { GEMINI_API_KEY: apiKey, GEMINI_BASE_URL: server.url } };
}

async function startCompreface({ started, progress, ports, latencyMs }: Start) {
  progress("CompreFace: starting a stand-in that compares the sample faces; a local engine compares real ones");
  const apiKey = randomUUID();
  const faces = createLocalFaces({ progress });
  const options = { latencyMs: latencyMs?.compreface, port: ports?.compreface };
  const server = started.use(await createComprefaceServer({ apiKey, engine: faces, ...options }));
  return { server, faces, settings: { COMPREFACE_API_KEY: apiKey, COMPREFACE_URL: server.url } };
}
