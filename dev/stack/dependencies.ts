/**
 * Everything the service needs around it. What the environment (or `.env`) names is used as it is; the rest is started
 * here: a real PostgreSQL and Redis, an object storage that speaks S3, and stand-ins of Gemini and CompreFace.
 */
import { randomBytes, randomUUID } from "node:crypto";
import type { Environment } from "../../lib/config.ts";
import type { StackPorts } from "./ports.ts";
import { createComprefaceServer, type ComprefaceServer } from "../stand-ins/compreface/compreface.ts";
import { createLocalFaces, type LocalFaces } from "../stand-ins/local-faces/local-faces.ts";
import { createLocalReader } from "../stand-ins/local-reader/local-reader.ts";
import { createGeminiServer, type GeminiServer } from "../stand-ins/gemini/gemini.ts";
import { createObjectStorage } from "../stand-ins/object-storage/object-storage.ts";
import { startPostgres } from "../servers/postgres.ts";
import { startRedis } from "../servers/redis.ts";
import { createVerificationTable } from "./serverpod-table.ts";

const MODEL = "gemini-3-flash-preview";
const DATABASE = "kyc";
const LATENCY_MS = { gemini: 400, compreface: 150 };

interface DependenciesOptions {
  readonly environment: Environment;
  /** Called with a line about what is being started. */
  readonly progress: (line: string) => void;
  /** Called with every line that PostgreSQL and Redis log. */
  readonly log?: (source: "postgresql" | "redis", line: string) => void;
  /** Any free ports by default. */
  readonly ports?: StackPorts | undefined;
  readonly latencyMs?: { readonly gemini: number; readonly compreface: number };
  /** Settings of this stack that the environment may override. */
  readonly defaults?: Readonly<Record<string, string>>;
}

/** The running dependencies; the stand-ins are `undefined` where the real thing is configured. */
export interface Dependencies extends AsyncDisposable {
  /** A complete environment for the service. */
  readonly environment: Readonly<Record<string, string>>;
  readonly gemini: GeminiServer | undefined;
  readonly compreface: ComprefaceServer | undefined;
  /** Compares pictures without marks for the stand-in of CompreFace. */
  readonly faces: LocalFaces | undefined;
}

/** What each of the starters below works with. */
interface Start {
  /** The settings that are not empty. */
  readonly set: Readonly<Record<string, string>>;
  /** Stops what was started, in reverse. */
  readonly started: AsyncDisposableStack;
  readonly progress: (line: string) => void;
  readonly log: (source: "postgresql" | "redis", line: string) => void;
  readonly ports: StackPorts | undefined;
}

/** Starts what is not configured. Disposing of it stops what was started, in reverse. */
export async function startDependencies({
  environment,
  progress,
  log = () => {},
  ports,
  latencyMs = LATENCY_MS,
  defaults,
}: DependenciesOptions): Promise<Dependencies> {
  await using started = new AsyncDisposableStack();
  const set = withoutEmpty(environment);
  const start: Start = { set, started, progress, log, ports };

  const gemini = "GEMINI_API_KEY" in set ? undefined : await startGemini(start, latencyMs.gemini);
  const compreface = "COMPREFACE_URL" in set ? undefined : await startCompreface(start, latencyMs.compreface);
  const settings = {
    KYC_SERVICE_SECRET: randomBytes(16).toString("hex"),
    KYC_ENCRYPTION_KEYS: `1:${randomBytes(32).toString("base64")}`,
    ...defaults,
    ...set,
    ...("POSTGRES_URL" in set ? {} : await startDatabase(start)),
    ...("REDIS_URL" in set ? {} : await startQueueRedis(start)),
    ...("S3_ENDPOINT" in set ? {} : await startStorage(start)),
    ...gemini?.settings,
    ...compreface?.settings,
  };
  const resources = started.move();
  return {
    environment: settings,
    ...runningOf(gemini, compreface),
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  };
}

function runningOf(
  gemini: Awaited<ReturnType<typeof startGemini>> | undefined,
  compreface: Awaited<ReturnType<typeof startCompreface>> | undefined,
) {
  return { gemini: gemini?.server, compreface: compreface?.server, faces: compreface?.faces };
}

function withoutEmpty(environment: Environment): Record<string, string> {
  const entries = Object.entries(environment).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  return Object.fromEntries(entries);
}

async function startDatabase({ started, progress, log, ports }: Start) {
  progress("PostgreSQL: starting a local one");
  const server = started.use(await startPostgres({ port: ports?.postgres, log: (line) => log("postgresql", line) }));
  const url = await server.createDatabase(DATABASE);
  await createVerificationTable(url);
  return { POSTGRES_URL: url };
}

async function startQueueRedis({ started, progress, log, ports }: Start) {
  progress("Redis: starting a local one");
  const server = started.use(
    await startRedis({ port: ports?.redis, appendOnly: true, progress, log: (line) => log("redis", line) }),
  );
  return { REDIS_URL: server.url };
}

async function startStorage({ set, started, progress, ports }: Start) {
  progress("Object storage: starting a local one");
  const credentials = { accessKey: "GK0123456789abcdef01234567", secretKey: randomBytes(32).toString("hex") };
  const bucket = set["S3_BUCKET"] ?? "kyc-data";
  const region = set["S3_REGION"] ?? "garage";
  const server = started.use(await createObjectStorage({ ...credentials, region, bucket, port: ports?.storage ?? 0 }));
  return {
    S3_ENDPOINT: server.url,
    S3_REGION: region,
    S3_BUCKET: bucket,
    S3_ACCESS_KEY: credentials.accessKey,
    S3_SECRET_KEY: credentials.secretKey,
  };
}

async function startGemini({ set, started, progress, ports }: Start, latencyMs: number) {
  progress("Gemini: starting a stand-in that reads the sample pictures; a local reader reads real ones");
  const apiKey = randomUUID();
  const model = set["GEMINI_MODEL"] ?? MODEL;
  const server = await createGeminiServer({
    apiKey,
    model,
    latencyMs,
    reader: createLocalReader(),
    port: ports?.gemini ?? 0,
  });
  started.defer(() => server.close());
  return { server, settings: { GEMINI_API_KEY: apiKey, GEMINI_BASE_URL: server.url } };
}

async function startCompreface({ started, progress, ports }: Start, latencyMs: number) {
  progress("CompreFace: starting a stand-in that compares the sample faces; a local engine compares real ones");
  const apiKey = randomUUID();
  const faces = createLocalFaces({ progress });
  const server = await createComprefaceServer({ apiKey, latencyMs, engine: faces, port: ports?.compreface ?? 0 });
  started.defer(() => server.close());
  return { server, faces, settings: { COMPREFACE_API_KEY: apiKey, COMPREFACE_URL: server.url } };
}
