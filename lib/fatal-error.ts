/** The text that a process writes when it ends with an error. */
import { ConfigError } from "./config.ts";
import { describeError } from "./errors.ts";

/** A configuration error as text for people; any other error as a log line without its message. */
export const fatalLine = (error: unknown, message: string): string =>
  error instanceof ConfigError
    ? error.message
    : JSON.stringify({ level: "error", msg: `${message}: see npx kyc doctor`, cause: describeError(error) });
