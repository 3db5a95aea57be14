/**
 * The Lambda functions' logger: the same JSON lines as the worker's. (Loading pino would cost a cold start more than
 * everything these functions log.)
 */
import type { LogFields, Logger } from "./logger.ts";

/** A logger for the function of the given name; `scope` is added to every line. */
export function createFunctionLogger(service: string, scope: LogFields = {}, write = writeLine): Logger {
  const log = (level: string) => (fields: LogFields, message: string) =>
    write(`${JSON.stringify({ level, time: new Date().toISOString(), service, ...scope, ...fields, msg: message })}\n`);
  return {
    debug() {},
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    child: (fields) => createFunctionLogger(service, { ...scope, ...fields }, write),
  };
}

// Lambda's console puts a time and a request id before a line, and CloudWatch takes only lines that are JSON as a whole for
// metrics.
function writeLine(line: string): void {
  process.stdout.write(line);
}
