/** Interprets PostgreSQL's error codes (SQLSTATE) for this service. */
import pg from "pg";
import { ownCodeOf } from "../errors.ts";

/** PostgreSQL's code of an error, or Node's code of a failed connection. */
export const codeOf = (error: unknown): string | undefined => (error instanceof Error ? ownCodeOf(error) : undefined);

/** The codes for a column that does not exist, and for one that cannot be compared with a time. */
const NO_SUCH_TIME = new Set(["42703", "42883"]);

/** Whether a query failed because a column that it compares with a time is not one of the table's times. */
export const isNoSuchTime = (code: string | undefined): boolean => NO_SUCH_TIME.has(code ?? "");

/** Classes: connection lost, transaction state, out of resources, stopped by an operator, input or output failed. */
const SERVER_TROUBLE = new Set(["08", "25", "53", "57", "58"]);

/** Whether the server refused only this statement. Other statements may succeed, even on the same connection. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof pg.DatabaseError && !SERVER_TROUBLE.has((error.code ?? "08").slice(0, 2));
