/**
 * The only reader of the environment. Each entry point reads only the sections it needs. An error lists all faults at
 * once: the variable's name and a description of a valid value, never the value itself.
 *
 * The keys of a configuration are the names of its variables, so the code, error messages and `.env.example` use the
 * same names.
 */
import * as z from "zod/mini";
import { SECTIONS } from "./settings.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Thrown when variables are missing or wrong. Its message lists every fault. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly variables: readonly string[];

  constructor(faults: readonly { variable: string; expected: string }[]) {
    super(
      [
        "The configuration is not complete. Fix these variables (see .env.example) and start again:",
        ...faults.map(({ variable, expected }) => `  ${variable}: ${expected}`),
      ].join("\n"),
    );
    this.variables = faults.map(({ variable }) => variable);
  }
}

/** Whether a prefix keeps all keys of a queue on one node of a cluster: Redis then hashes only the part in braces. */
export const keepsKeysTogether = (prefix: string): boolean => /^[^{]*\{[^}]+\}/.test(prefix);

/** Makes a rule over several variables run even if single ones have faults, so that all faults are reported at once. */
const always = () => true;

const clusterPrefix = z.refine<{ REDIS_CLUSTER: "on" | "off"; KYC_QUEUE_PREFIX: string }>(
  (config) => config.REDIS_CLUSTER !== "on" || keepsKeysTogether(config.KYC_QUEUE_PREFIX),
  {
    path: ["KYC_QUEUE_PREFIX"],
    message: "a prefix in braces, such as {bull}, since REDIS_CLUSTER is on",
    when: always,
  },
);

type Price = number | undefined;
const bothPrices = z.refine<{ GEMINI_PRICE_INPUT_PER_MILLION?: Price; GEMINI_PRICE_OUTPUT_PER_MILLION?: Price }>(
  (config) =>
    (config.GEMINI_PRICE_INPUT_PER_MILLION === undefined) === (config.GEMINI_PRICE_OUTPUT_PER_MILLION === undefined),
  {
    path: ["GEMINI_PRICE_OUTPUT_PER_MILLION"],
    message: "set both prices (this one and GEMINI_PRICE_INPUT_PER_MILLION), or neither",
    when: ({ issues }) => issues.length === 0,
  },
);

const processConfig = () => z.object({ ...SECTIONS.service, ...SECTIONS.redis }).check(clusterPrefix);

const watchdogConfig = () =>
  z
    .object({
      ...SECTIONS.redis,
      ...SECTIONS.database,
      ...SECTIONS.notify,
      ...SECTIONS.stuck,
      ...SECTIONS.watchdog,
    })
    .check(clusterPrefix);

const workerConfig = () =>
  z
    .object({
      ...SECTIONS.redis,
      ...SECTIONS.database,
      ...SECTIONS.notify,
      ...SECTIONS.stuck,
      ...SECTIONS.storage,
      ...SECTIONS.gemini,
      ...SECTIONS.prices,
      ...SECTIONS.faces,
      ...SECTIONS.rules,
      ...SECTIONS.worker,
    })
    .check(
      clusterPrefix,
      bothPrices,
      z.refine((config) => config.FACE_MATCH_FALLBACK !== "off" || config.COMPREFACE_API_KEY !== undefined, {
        path: ["COMPREFACE_API_KEY"],
        message: "the API key of a CompreFace verification service, since FACE_MATCH_FALLBACK is off",
        when: always,
      }),
    );

const operatorConfig = () =>
  z
    .object({
      ...SECTIONS.redis,
      ...SECTIONS.database,
      ...SECTIONS.stuck,
      ...SECTIONS.watchdog,
      FACE_MATCH_THRESHOLD: SECTIONS.faces.FACE_MATCH_THRESHOLD,
      ...SECTIONS.prices,
      ...SECTIONS.rules,
    })
    .check(clusterPrefix, bothPrices);

const homeConfig = () =>
  z.object({ ...processConfig().shape, ...watchdogConfig().shape, ...SECTIONS.api }).check(clusterPrefix);

/** The variables that each entry point reads. A deployment needs to set no others. */
export const VARIABLES = {
  health: [],
  get process() {
    return Object.keys(processConfig().shape);
  },
  get watchdog() {
    return Object.keys(watchdogConfig().shape);
  },
  get worker() {
    return Object.keys(workerConfig().shape);
  },
} as const;

export type ProcessConfig = z.infer<ReturnType<typeof processConfig>>;
export type OperatorConfig = z.infer<ReturnType<typeof operatorConfig>>;
export type WorkerConfig = z.infer<ReturnType<typeof workerConfig>>;

/** The configuration of the function that accepts submissions. Throws {@link ConfigError}. */
export const readProcessConfig = (environment?: Environment) => read(processConfig(), environment);

/** The configuration of the scheduled watchdog. Throws {@link ConfigError}. */
export const readWatchdogConfig = (environment?: Environment) => read(watchdogConfig(), environment);

/** The configuration of the worker. Throws {@link ConfigError}. */
export const readWorkerConfig = (environment?: Environment) => read(workerConfig(), environment);

/** The configuration of the operator's command line. Throws {@link ConfigError}. */
export const readOperatorConfig = (environment?: Environment) => read(operatorConfig(), environment);

/** The settings of the rules about a passport. */
export const policyOf = (
  config: Pick<OperatorConfig, "KYC_MINIMUM_AGE_YEARS" | "KYC_EXPIRES_SOON_DAYS" | "KYC_ALLOW_SPECIMENS">,
) => ({
  minimumAgeYears: config.KYC_MINIMUM_AGE_YEARS,
  expiresSoonDays: config.KYC_EXPIRES_SOON_DAYS,
  allowSpecimen: config.KYC_ALLOW_SPECIMENS === "on",
});

/** The default settings of those rules. */
export const defaultPolicy = () => policyOf(z.object(SECTIONS.rules).parse({}));

/** The configuration of all functions behind one port, without AWS. Throws {@link ConfigError}. */
export const readHomeConfig = (environment?: Environment) => read(homeConfig(), environment);

/** The environment of this process, for code that runs before the configuration is read. */
export const processEnvironment = (): Environment => process.env;

function read<T>(schema: z.ZodMiniType<T>, environment: Environment = process.env): T {
  // An empty value means "not set": that is how .env files and container platforms pass it.
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ""),
  );
  const parsed = schema.safeParse(set);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    parsed.error.issues.map((issue) => ({ variable: String(issue.path[0]), expected: issue.message })),
  );
}
