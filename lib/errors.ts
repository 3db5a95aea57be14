/**
 * The errors of a job. An error's class decides what happens next. Messages contain codes and technical facts, never
 * personal data, a key or a URL, because they end up in logs and in Redis.
 */
import type { ImageRole, ReasonCode } from "./reasons.ts";

/** Facts that an operator may see beside a reason, such as an HTTP status. Never personal data. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null>>;

interface FailureOptions {
  readonly image?: ImageRole | undefined;
  readonly facts?: ErrorFacts;
}

/** A failure with a reason from the catalogue. Its class says whether another attempt may help. */
class ReasonedError extends Error {
  readonly reason: ReasonCode;
  readonly image: ImageRole | undefined;
  readonly facts: ErrorFacts;

  constructor(message: string, reason: ReasonCode, { image, facts = {} }: FailureOptions = {}) {
    super(message);
    this.reason = reason;
    this.image = image;
    this.facts = facts;
  }
}

/** An error's reason from the catalogue; `undefined` if it has none. */
export const reasonOf = (error: unknown): ReasonCode | undefined =>
  error instanceof ReasonedError ? error.reason : undefined;

/** Thrown when another attempt with the same pictures cannot help. The job ends at once. */
export class FinalError extends ReasonedError {
  override readonly name = "FinalError";
}

/** Thrown when another attempt may help. */
export class TransientError extends ReasonedError {
  override readonly name: string = "TransientError";
}

/** Thrown instead of calling a provider whose last calls all failed. The job may wait without using up an attempt. */
export class ProviderDownError extends TransientError {
  override readonly name = "ProviderDownError";
  /** How long a job waits for the provider, counted from its submission. After that its attempts count again. */
  readonly patienceMs: number;

  constructor(reason: ReasonCode, patienceMs: number) {
    super("The provider's last calls all failed, so it is not called for now", reason, { facts: { circuit: "open" } });
    this.patienceMs = patienceMs;
  }

  /** Whether a job may go on waiting; times in milliseconds since 1970. */
  isWorthWaiting(submittedAt: number, now: number): boolean {
    return now < submittedAt + this.patienceMs;
  }
}

/** Thrown when Gemini limits the rate. The queue pauses, and the job does not use up an attempt. */
export class RateLimitError extends ReasonedError {
  override readonly name = "RateLimitError";
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super(`Gemini's rate limit: retry in ${retryAfterMs / 1000}s`, "ocr_rate_limited", { facts: { retryAfterMs } });
    this.retryAfterMs = retryAfterMs;
  }
}

/** The error for a picture that no verification can use. Its message has the form that the contract fixes. */
export function invalidPhoto(reason: ReasonCode, image: ImageRole, facts: ErrorFacts = {}): FinalError {
  return new FinalError(`INVALID_PHOTO:${image}:${reason}`, reason, { image, facts });
}

/** Thrown when PostgreSQL cannot run a statement. The job waits without using up an attempt. */
export class DatabaseUnavailableError extends Error {
  override readonly name = "DatabaseUnavailableError";
  readonly code: string;

  /** `code` is PostgreSQL's SQLSTATE or Node's system error code. */
  constructor(code: string) {
    super(`PostgreSQL did not answer as it should (${code})`);
    this.code = code;
  }
}

/** Thrown when `KYC_STUCK_SINCE_COLUMN` does not name a timestamp of the table. */
export class StuckColumnError extends Error {
  override readonly name = "StuckColumnError";

  constructor() {
    super(
      "KYC_STUCK_SINCE_COLUMN does not name a timestamp of kyc_verification: set it to one that says since when a record is in review",
    );
  }
}

/** Thrown when the record is not in the table, or not there yet. */
export class RecordMissingError extends Error {
  override readonly name = "RecordMissingError";

  constructor(kycId: number) {
    super(`There is no record ${kycId} in kyc_verification: the backend has to commit it before it submits`);
  }
}

/** Thrown when Redis does not answer in time. Nothing was promised to the caller. */
export class QueueUnavailableError extends Error {
  override readonly name = "QueueUnavailableError";
}

/** An error's code: from Node or PostgreSQL, or the first word of Redis's reply, such as OOM or READONLY. */
export function ownCodeOf(error: Error): string | undefined {
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.name === "ReplyError" ? /^[A-Z]+/.exec(error.message)?.[0] : undefined;
}

/** An error's kind, code and stack frames. Leaves out its message, which may hold data that must not be logged. */
export function describeError(error: unknown): { kind: string; code?: string; at?: string } {
  if (!(error instanceof Error)) return { kind: typeof error };
  const code = ownCodeOf(error);
  const at = /\n(?<frames>\s+at [\s\S]*)$/.exec(error.stack ?? "")?.groups?.["frames"];
  return { kind: error.name, ...(code !== undefined && { code }), ...(at === undefined ? {} : { at: at.trim() }) };
}
