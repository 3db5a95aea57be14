/** What a soak did to a record: its pictures, its requests, and what its backend saw. */
import type { Prepared } from "../stage/stage.ts";

/** Pictures that were put under some keys. */
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
  /** Whether it was answered 202. What was refused may have been taken all the same. */
  readonly isAccepted: boolean;
}

/** All about one record. */
export interface History {
  readonly kycId: number;
  readonly versions: Version[];
  readonly requests: Request[];
  /** The last decision of a person that nobody has taken back; `undefined` without one. */
  decision?: string | undefined;
  /** Submissions that found the record decided about earlier pictures, after it was reopened for them. */
  stale: number;
  /** What the backend saw that must not be. */
  readonly faults: string[];
}

/** Opens the history of a record. */
export const openHistory = (kycId: number): History => ({ kycId, versions: [], requests: [], stale: 0, faults: [] });

/** Whether two versions of pictures have the same keys. */
export const hasSameKeys = (one: Version, other: Version) =>
  JSON.stringify(one.submission) === JSON.stringify(other.submission);

/** The request that a verdict is about, by the keys and the time in it. */
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
