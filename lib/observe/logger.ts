/**
 * Structured logs: one JSON line for each event. What is logged is chosen field by field (ids, codes, durations), so that
 * there is nothing to redact: no value of a person, no token, key or URL is ever handed to a logger.
 */
import pino from "pino";

export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined | object>>;

/** The part of a logger that this service uses. */
export interface Logger {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger;
}

/** The worker's logger: JSON lines with the level's name and an ISO time, on standard output. */
export function createLogger({ level }: { level: string }): Logger {
  return pino({
    level,
    base: { service: "kyc-worker" },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
