/**
 * The Lambda functions' logger. It writes the same JSON lines as the worker's, without pino: loading pino would cost a
 * cold start more time than writing all lines of these functions.
 */
import type { LogFields, Logger } from "./logger.ts";

/** Creates a logger for the function of the given name. It adds `scope` to every line. */
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

// Not `console.log`: Lambda's console puts a time and a request id before each line, and CloudWatch takes metrics only
// from lines that are JSON as a whole.
function writeLine(line: string): void {
  process.stdout.write(line);
}
