/**
 * The Lambda functions' logger: the same JSON lines as the worker's, by `console`, which Lambda ships as it is. (Loading
 * pino would cost a cold start more than everything these functions log.)
 */
import type { LogFields, Logger } from "./logger.ts";

/** A logger for the function of the given name; `scope` is added to every line. */
export function createFunctionLogger(service: string, scope: LogFields = {}): Logger {
  const line = (level: string, fields: LogFields, message: string) =>
    JSON.stringify({ level, time: new Date().toISOString(), service, ...scope, ...fields, msg: message });
  return {
    debug() {},
    info: (fields, message) => console.info(line("info", fields, message)),
    warn: (fields, message) => console.warn(line("warn", fields, message)),
    error: (fields, message) => console.error(line("error", fields, message)),
    child: (fields) => createFunctionLogger(service, { ...scope, ...fields }),
  };
}
