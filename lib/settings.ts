/**
 * All variables of the service, with their rules and defaults. `config.ts` says which entry point reads which section.
 */
import * as z from "zod/mini";
import { headerValue, integerBetween, keyring, numberBetween, price, text, url } from "./setting-kinds.ts";

/** The schemas of all variables, by section. Built only when read: a Lambda starts sooner without the worker's. */
export const SECTIONS = {
  get service() {
    return {
      KYC_SERVICE_SECRET: headerValue(
        "the token that callers send in X-Service-Token (make one with: openssl rand -hex 32)",
      ),
      KYC_SERVICE_SECRET_PREVIOUS: z.optional(
        headerValue("the token that was valid before, while callers change over"),
      ),
    };
  },
  get redis() {
    return {
      REDIS_URL: url("a URL such as redis://localhost:6379 or rediss://user:password@host:6379", "redis:", "rediss:"),
      REDIS_CLUSTER: z._default(
        z.enum(["on", "off"], '"on" or "off": whether REDIS_URL leads to a Redis Cluster (default off)'),
        "off",
      ),
      KYC_QUEUE_PREFIX: z._default(
        text("the prefix of the queue's keys; in braces, such as {bull}, on a Redis Cluster"),
        "bull",
      ),
      KYC_JOB_ATTEMPTS: integerBetween(1, 20, 5),
      KYC_JOB_BACKOFF_MS: integerBetween(1, 600_000, 2_000),
    };
  },
  get database() {
    return {
      POSTGRES_URL: url("a URL such as postgresql://user:password@localhost:5432/kyc", "postgres:", "postgresql:"),
      KYC_ENCRYPTION_KEYS: keyring,
    };
  },
  get notify() {
    return {
      KYC_NOTIFY: z._default(
        z.enum(["on", "off"], '"on" or "off": whether each verdict also sends NOTIFY kyc_verdict (default off)'),
        "off",
      ),
    };
  },
  get stuck() {
    return {
      KYC_STUCK_TIMEOUT_MIN: numberBetween(0.01, 10_080, 15, "minutes, from 0.01 to 10080 (default 15)"),
    };
  },
  get watchdog() {
    return {
      KYC_STUCK_SINCE_COLUMN: z._default(
        text("the column that says since when a record is in review (default createdAt)"),
        "createdAt",
      ),
    };
  },
  get storage() {
    return {
      S3_ENDPOINT: url("the URL of the object storage, such as http://localhost:3900", "http:", "https:"),
      S3_REGION: z._default(text("the region the object storage is configured with (default garage)"), "garage"),
      S3_ACCESS_KEY: text("the id of an access key that may read the bucket"),
      S3_SECRET_KEY: text("the secret of that access key"),
      S3_BUCKET: z._default(text("the bucket with the pictures (default kyc-data)"), "kyc-data"),
      MAX_IMAGE_BYTES: integerBetween(100_000, 200_000_000, 25_000_000),
      MAX_IMAGE_PIXELS: integerBetween(1_000_000, 250_000_000, 64_000_000),
    };
  },
  get gemini() {
    return {
      GEMINI_API_KEY: text("a key of the Gemini API (https://aistudio.google.com/apikey)"),
      GEMINI_MODEL: z._default(text("the model's name (default gemini-3-flash-preview)"), "gemini-3-flash-preview"),
      GEMINI_BASE_URL: z._default(
        url("the URL of the Gemini API (default https://generativelanguage.googleapis.com)", "http:", "https:"),
        "https://generativelanguage.googleapis.com",
      ),
      GEMINI_TIMEOUT_MS: integerBetween(100, 300_000, 60_000),
    };
  },
  get prices() {
    return {
      GEMINI_PRICE_INPUT_PER_MILLION: price,
      GEMINI_PRICE_OUTPUT_PER_MILLION: price,
    };
  },
  get faces() {
    return {
      COMPREFACE_URL: z._default(
        url("the URL of CompreFace (default http://localhost:8000)", "http:", "https:"),
        "http://localhost:8000",
      ),
      COMPREFACE_API_KEY: z.optional(text("the API key of a CompreFace verification service")),
      COMPREFACE_TIMEOUT_MS: integerBetween(100, 120_000, 15_000),
      FACE_MATCH_THRESHOLD: numberBetween(0, 1, 0.75, "a similarity from 0 to 1 (default 0.75)"),
      FACE_MATCH_FALLBACK: z._default(
        z.enum(["on", "off"], '"on" or "off": whether Gemini may compare the faces'),
        "on",
      ),
    };
  },
  get rules() {
    return {
      KYC_MINIMUM_AGE_YEARS: integerBetween(0, 120, 18),
      KYC_EXPIRES_SOON_DAYS: integerBetween(0, 3_650, 90),
      MRZ_READER: z._default(
        z.enum(
          ["on", "off"],
          '"on" or "off": whether the worker reads the machine readable zone itself, beside Gemini; without it, no field is confirmed (default on)',
        ),
        "on",
      ),
      KYC_SECOND_READING: z._default(
        z.enum(
          ["on", "off"],
          '"on" or "off": whether a doubtful machine readable zone is read a second time (default on)',
        ),
        "on",
      ),
      KYC_ALLOW_SPECIMENS: z._default(
        z.enum(
          ["on", "off"],
          '"on" or "off": whether specimen passports pass, of ICAO or of a state, for tests (default off)',
        ),
        "off",
      ),
    };
  },
  get api() {
    return {
      API_PORT: integerBetween(0, 65_535, 3000),
    };
  },
  get worker() {
    return {
      WORKER_CONCURRENCY: integerBetween(1, 256, 8),
      WORKER_HEALTH_PORT: integerBetween(0, 65_535, 8080),
      WORKER_SHUTDOWN_TIMEOUT_MS: integerBetween(0, 600_000, 25_000),
      WORKER_LOCK_DURATION_MS: integerBetween(1_000, 300_000, 20_000),
      WORKER_STALLED_INTERVAL_MS: integerBetween(500, 300_000, 5_000),
      OTEL_EXPORTER_OTLP_ENDPOINT: z.optional(
        url(
          "the URL of an OpenTelemetry collector, such as http://localhost:4318; unset, no traces are made",
          "http:",
          "https:",
        ),
      ),
      LOG_LEVEL: z._default(
        z.enum(["debug", "info", "warn", "error", "silent"], "debug, info, warn, error or silent (default info)"),
        "info",
      ),
    };
  },
} as const;
