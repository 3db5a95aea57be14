/** Interprets PostgreSQL's error codes (SQLSTATE) for this service. */
import { ownCodeOf } from "../errors.ts";

/** PostgreSQL's code of an error, or Node's code of a failed connection. */
export const codeOf = (error: unknown): string | undefined => (error instanceof Error ? ownCodeOf(error) : undefined);

/** The codes for a column that does not exist, and for one that cannot be compared with a time. */
const NO_SUCH_TIME = new Set(["42703", "42883"]);

/** Whether a query failed because a column that it compares with a time is not one of the table's times. */
export const isNoSuchTime = (code: string | undefined): boolean => NO_SUCH_TIME.has(code ?? "");
