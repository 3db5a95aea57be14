/** The configuration: what each entry point asks for, what it says if something is wrong, and `.env.example`. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parseEnv } from "node:util";
import fc from "fast-check";
import {
  ConfigError,
  keepsKeysTogether,
  readHomeConfig,
  readOperatorConfig,
  readProcessConfig,
  readWatchdogConfig,
  readWorkerConfig,
  VARIABLES,
  type Environment,
} from "./config.ts";
import { WORKER_ENVIRONMENT } from "../test/worker-environment.ts";
import { SECTIONS } from "./settings.ts";

const KEY = Buffer.alloc(32, "key");
const KEYS = WORKER_ENVIRONMENT.KYC_ENCRYPTION_KEYS;

const REQUIRED = {
  process: { KYC_SERVICE_SECRET: "secret", REDIS_URL: "redis://localhost:6379" },
  watchdog: {
    REDIS_URL: "redis://localhost:6379",
    POSTGRES_URL: "postgresql://localhost/kyc",
    KYC_ENCRYPTION_KEYS: KEYS,
  },
  worker: { ...WORKER_ENVIRONMENT, REDIS_URL: "rediss://user:password@redis.example:6380/1" },
} satisfies Record<string, Environment>;

const PRICES = { GEMINI_PRICE_INPUT_PER_MILLION: "0.5", GEMINI_PRICE_OUTPUT_PER_MILLION: "3" };

const READERS = [
  { name: "process", read: readProcessConfig, required: REQUIRED.process },
  { name: "watchdog", read: readWatchdogConfig, required: REQUIRED.watchdog },
  { name: "worker", read: readWorkerConfig, required: REQUIRED.worker },
  { name: "operator", read: readOperatorConfig, required: REQUIRED.watchdog },
  { name: "home", read: readHomeConfig, required: { ...REQUIRED.process, ...REQUIRED.watchdog } },
] as const;

/** Returns the error of reading an invalid environment. */
function faultsOf(read: (environment: Environment) => unknown, environment: Environment): ConfigError {
  try {
    read(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  return assert.fail("nothing was wrong with it");
}

const workerWith = (changes: Environment) => readWorkerConfig({ ...REQUIRED.worker, ...changes });
const faultsOfWorker = (changes: Environment) => faultsOf(workerWith, changes);

describe("required variables", () => {
  for (const { name, read, required } of READERS) {
    test(`the ${name} configuration accepts the required variables alone`, () => {
      read(required);
    });

    test(`the ${name} configuration names every missing variable at once`, () => {
      if (Object.keys(required).length === 0) return;
      assert.deepEqual(faultsOf(read, {}).variables.toSorted(), Object.keys(required).toSorted());
    });

    test(`the ${name} configuration treats an empty value as not set`, () => {
      const names = [...Object.keys(required), ...Object.keys(read(required))];
      const empty = Object.fromEntries(names.map((variable) => [variable, ""]));
      assert.deepEqual(read({ ...empty, ...required }), read(required));
    });
  }

  test("each function's list of variables is what it reads", () => {
    assert.deepEqual(
      Object.keys(readProcessConfig(REQUIRED.process)),
      without(VARIABLES.process, ["KYC_SERVICE_SECRET_PREVIOUS"]),
    );
    assert.deepEqual(Object.keys(readWatchdogConfig(REQUIRED.watchdog)), VARIABLES.watchdog);
    assert.deepEqual(
      Object.keys(
        workerWith({ COMPREFACE_API_KEY: "key", OTEL_EXPORTER_OTLP_ENDPOINT: "http://localhost:4318", ...PRICES }),
      ),
      VARIABLES.worker,
    );
  });

  test("the API's function needs no setting of the database, the storage or the providers", () => {
    const foreign = new Set(
      [SECTIONS.database, SECTIONS.storage, SECTIONS.gemini, SECTIONS.faces].flatMap((section) => Object.keys(section)),
    );
    assert.deepEqual(
      VARIABLES.process.filter((name) => foreign.has(name)),
      [],
    );
  });
});

const without = (names: readonly string[], left: readonly string[]) => names.filter((name) => !left.includes(name));

describe("defaults", () => {
  test("the defaults have the documented values", () => {
    const config = workerWith({});
    assert.equal(config.S3_BUCKET, "kyc-data");
    assert.equal(config.GEMINI_MODEL, "gemini-3-flash-preview");
    assert.equal(config.COMPREFACE_URL, "http://localhost:8000");
    assert.equal(config.COMPREFACE_API_KEY, undefined);
    assert.equal(config.COMPREFACE_TIMEOUT_MS, 15_000);
    assert.equal(config.FACE_MATCH_THRESHOLD, 0.75);
    assert.equal(config.FACE_MATCH_FALLBACK, "on");
    assert.equal(config.KYC_STUCK_TIMEOUT_MIN, 15);
    assert.equal(config.KYC_NOTIFY, "off");
    assert.equal(readWatchdogConfig(REQUIRED.watchdog).KYC_STUCK_SINCE_COLUMN, "createdAt");
  });

  test("values that are set replace the defaults", () => {
    const config = workerWith({ FACE_MATCH_THRESHOLD: "0.9", KYC_STUCK_TIMEOUT_MIN: "0.5", WORKER_CONCURRENCY: "16" });
    assert.deepEqual(
      [config.FACE_MATCH_THRESHOLD, config.KYC_STUCK_TIMEOUT_MIN, config.WORKER_CONCURRENCY],
      [0.9, 0.5, 16],
    );
    assert.deepEqual(config.KYC_ENCRYPTION_KEYS, [{ id: 1, key: KEY }]);
  });
});

describe("invalid values", () => {
  const faults: readonly [string, readonly string[]][] = [
    ["REDIS_URL", ["localhost:6379", "http://localhost", "redis", "://"]],
    ["POSTGRES_URL", ["mysql://localhost/kyc", "host=localhost"]],
    ["S3_ENDPOINT", ["localhost:3900", "s3://bucket", "ftp://localhost"]],
    ["COMPREFACE_URL", ["compreface:8000"]],
    ["FACE_MATCH_THRESHOLD", ["-0.1", "1.1", "75%", "NaN", " ", "0,75"]],
    ["FACE_MATCH_FALLBACK", ["true", "ON", "0"]],
    ["KYC_STUCK_TIMEOUT_MIN", ["0", "-1", "Infinity", "15m"]],
    ["GEMINI_PRICE_OUTPUT_PER_MILLION", ["-1", "free", " ", "0,50"]],
    ["WORKER_CONCURRENCY", ["0", "1.5", "257", "many"]],
    ["WORKER_HEALTH_PORT", ["-1", "65536"]],
    ["LOG_LEVEL", ["verbose"]],
    ["KYC_ENCRYPTION_KEYS", ["secret", `1:${KEY.toString("hex")}`, `${KEYS},${KEYS}`, `256:${KEY.toString("base64")}`]],
  ];
  for (const [variable, values] of faults) {
    test(`invalid values of ${variable} are refused: ${values.map((value) => JSON.stringify(value.slice(0, 20))).join(", ")}`, () => {
      for (const value of values) {
        const { variables, message } = faultsOfWorker({ [variable]: value });
        assert.deepEqual(variables, [variable], value);
        assert.match(message, new RegExp(`^  ${variable}: .{10,}$`, "m"));
      }
    });
  }

  test("KYC_SERVICE_SECRET may have no text that no HTTP header can carry", () => {
    for (const secret of [" ", "secret\n", " secret", "secret ", "sécret", "a\tb"]) {
      const environment = { ...REQUIRED.process, KYC_SERVICE_SECRET: secret, KYC_SERVICE_SECRET_PREVIOUS: secret };
      assert.deepEqual(faultsOf(readProcessConfig, environment).variables, [
        "KYC_SERVICE_SECRET",
        "KYC_SERVICE_SECRET_PREVIOUS",
      ]);
    }
    for (const secret of ["s", "pass phrase", "+/=~!"]) {
      assert.equal(readProcessConfig({ ...REQUIRED.process, KYC_SERVICE_SECRET: secret }).KYC_SERVICE_SECRET, secret);
    }
  });

  test("all invalid values are reported at once, including rules over several variables", () => {
    const { variables } = faultsOfWorker({
      REDIS_CLUSTER: "on",
      FACE_MATCH_FALLBACK: "off",
      POSTGRES_URL: "",
      S3_ENDPOINT: "nonsense",
      KYC_ENCRYPTION_KEYS: "nonsense",
      WORKER_CONCURRENCY: "nonsense",
    });
    assert.deepEqual(variables.toSorted(), [
      "COMPREFACE_API_KEY",
      "KYC_ENCRYPTION_KEYS",
      "KYC_QUEUE_PREFIX",
      "POSTGRES_URL",
      "S3_ENDPOINT",
      "WORKER_CONCURRENCY",
    ]);
  });

  test("invalid values are never repeated in the error", () => {
    const marked = fc.string({ unit: fc.constantFrom(..."abcxyz/@:,."), maxLength: 30 }).map((text) => `MARK${text}`);
    const names = Object.values(SECTIONS).flatMap((section) => Object.keys(section));
    fc.assert(
      fc.property(fc.record(Object.fromEntries(names.map((name) => [name, marked]))), (environment) => {
        for (const { read } of READERS) {
          const error = faultsOf(read, environment);
          assert.ok(!`${error.message}${error.stack}${JSON.stringify(error)}`.includes("MARK"));
        }
      }),
    );
  });
});

describe("rules over several variables", () => {
  test("without the fallback engine, COMPREFACE_API_KEY is required", () => {
    assert.deepEqual(faultsOfWorker({ FACE_MATCH_FALLBACK: "off" }).variables, ["COMPREFACE_API_KEY"]);
    workerWith({ FACE_MATCH_FALLBACK: "off", COMPREFACE_API_KEY: "key" });
  });

  test("both prices must be set, or neither", () => {
    const [input, output] = ["GEMINI_PRICE_INPUT_PER_MILLION", "GEMINI_PRICE_OUTPUT_PER_MILLION"];
    for (const name of [input, output]) assert.deepEqual(faultsOfWorker({ [name]: "1" }).variables, [output]);
    assert.equal(workerWith(PRICES).GEMINI_PRICE_INPUT_PER_MILLION, 0.5);
    assert.equal(workerWith({}).GEMINI_PRICE_INPUT_PER_MILLION, undefined);
  });

  test("on a cluster, the queue's prefix must have braces", () => {
    for (const { read, required } of READERS.filter(({ required }) => "REDIS_URL" in required)) {
      assert.deepEqual(faultsOf(read, { ...required, REDIS_CLUSTER: "on" }).variables, ["KYC_QUEUE_PREFIX"]);
      read({ ...required, REDIS_CLUSTER: "on", KYC_QUEUE_PREFIX: "{bull}" });
    }
  });

  test("a prefix keeps keys together if its first braces are not empty", () => {
    for (const prefix of ["{bull}", "a{b}c", "{a}{}", "{{a}", "x}{a}"]) assert.ok(keepsKeysTogether(prefix), prefix);
    for (const prefix of ["bull", "{}", "{}{a}", "{a", "}a{"]) assert.ok(!keepsKeysTogether(prefix), prefix);
  });
});

describe("the example file", async () => {
  const text = await readFile(join(import.meta.dirname, "../.env.example"), "utf8");
  const examples = [...text.matchAll(/^#([A-Z][A-Z0-9_]*)=(.*)$/gm)].map(([, name = "", value = ""]) => ({
    name,
    value,
  }));

  test(".env.example lists every variable once, section by section", () => {
    const groups = text.split(/^# --- /m).slice(1);
    const listed = groups.map((group) => [
      /^\w+/.exec(group)?.[0] ?? "",
      [...group.matchAll(/^#([A-Z][A-Z0-9_]*)=/gm)].map(([, name = ""]) => name),
    ]);
    assert.deepEqual(
      listed,
      Object.entries(SECTIONS).map(([section, variables]) => [section, Object.keys(variables)]),
    );
  });

  test(".env.example sets no variable, so a copy of it changes nothing", () => {
    assert.deepEqual(parseEnv(text), {});
  });

  test(".env.example has valid examples, and the code's defaults", () => {
    const plain = Object.fromEntries(
      examples.filter(({ value }) => !value.includes("<")).map(({ name, value }) => [name, value]),
    );
    const secrets = { KYC_SERVICE_SECRET: "s", KYC_ENCRYPTION_KEYS: KEYS, S3_SECRET_KEY: "s", GEMINI_API_KEY: "s" };
    const read = (environment: Environment) => ({
      ...readProcessConfig(environment),
      ...readWatchdogConfig(environment),
      ...readWorkerConfig(environment),
      ...readHomeConfig(environment),
    });
    const unset = without(Object.keys(plain), Object.keys(REQUIRED.worker));
    const optional = {
      OTEL_EXPORTER_OTLP_ENDPOINT: undefined,
      GEMINI_PRICE_INPUT_PER_MILLION: undefined,
      GEMINI_PRICE_OUTPUT_PER_MILLION: undefined,
    };
    const configured = { ...read({ ...plain, ...secrets }), ...optional };
    const defaults = {
      ...read({ ...plain, ...secrets, ...Object.fromEntries(unset.map((name) => [name, ""])) }),
      ...optional,
    };
    assert.deepEqual(configured, defaults);
  });

  test(".env.example shows no secret that works", () => {
    const secrets = examples.filter(({ value }) => value.includes("<")).map(({ name }) => name);
    assert.deepEqual(secrets, [
      "KYC_SERVICE_SECRET",
      "KYC_SERVICE_SECRET_PREVIOUS",
      "KYC_ENCRYPTION_KEYS",
      "S3_SECRET_KEY",
      "GEMINI_API_KEY",
      "COMPREFACE_API_KEY",
    ]);
  });
});
