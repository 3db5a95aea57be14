/** The history of a record in a soak: its pictures, its requests, and the faults that its backend saw. */
import type { Prepared } from "../stage/stage.ts";

/** Pictures that were put into the bucket under some keys. */
export interface Version extends Prepared {
  /** Distinguishes its keys from those of other versions. */
  readonly round: number;
  /** Milliseconds since 1970. */
  readonly putAt: number;
}

/** A request; times are in milliseconds since 1970. */
export interface Request {
  readonly version: Version;
  readonly sentAt: number;
  readonly endedAt: number;
  /** Whether it was answered 202. A refused request may be in the queue all the same. */
  readonly isAccepted: boolean;
}

/** The history of one record. */
export interface History {
  readonly kycId: number;
  readonly versions: Version[];
  readonly requests: Request[];
  /** The last decision of a person, unless the backend reopened the record since; `undefined` without one. */
  decision?: string | undefined;
  /** Submissions that found the record decided about earlier pictures, after it was reopened for them. */
  stale: number;
  /** The faults that the backend saw. */
  readonly faults: string[];
}

/** Opens the history of a record. */
export const openHistory = (kycId: number): History => ({ kycId, versions: [], requests: [], stale: 0, faults: [] });

/** Whether two versions of pictures have the same keys. */
export const hasSameKeys = (one: Version, other: Version) =>
  JSON.stringify(one.submission) === JSON.stringify(other.submission);

/** Finds the request that a verdict is about, by its keys and time. */
export function requestOf(
  { requests }: History,
  about: { readonly passportKey: string; readonly selfieKey: string; readonly submittedAt: string },
): Request | undefined {
  const submittedAt = Date.parse(about.submittedAt);
  return requests.findLast(
    ({ version: { submission }, sentAt, endedAt }) =>
      submission.passportKey === about.passportKey &&
      submission.selfieKey === about.selfieKey &&
      sentAt <= submittedAt &&
      submittedAt <= endedAt,
  );
}
