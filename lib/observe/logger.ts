/**
 * Structured logs: one JSON line for each event. The code passes single fields to the logger (ids, codes, durations),
 * never a person's data, a token, a key or a URL. So there is nothing to redact.
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

/** Creates the worker's logger: JSON lines with the level's name and an ISO time, on standard output. */
export function createLogger({ level }: { level: string }): Logger {
  return pino({
    level,
    base: { service: "kyc-worker" },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
