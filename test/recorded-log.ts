/** A logger for tests that remembers its lines. */
import type { LogFields, Logger } from "../lib/observe/logger.ts";

/** What was logged, the fields of parent loggers included. */
export interface LogLine extends LogFields {
  readonly level: string;
  readonly msg: string;
}

/** Opens a logger; `lines` fills as it is used. */
export function createRecordedLog(): { readonly log: Logger; readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = [];
  const open = (inherited: LogFields): Logger => {
    const at = (level: string) => (fields: LogFields, msg: string) =>
      void lines.push({ ...inherited, ...fields, level, msg });
    return {
      debug: at("debug"),
      info: at("info"),
      warn: at("warn"),
      error: at("error"),
      child: (fields) => open({ ...inherited, ...fields }),
    };
  };
  return { log: open({}), lines };
}
