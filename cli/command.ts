/** What a command of `npx kyc` is. */

/** The options that commands may take, beside `--json` and `--help`, which all of them take. */
export type OwnOption = "policy" | "hours" | "key" | "today";

/** The options of a call. */
export type Options = Readonly<Partial<Record<OwnOption, string>>>;

/** What a command found out: a text for people, and the same as data for `--json`. */
export interface Report {
  readonly ok: boolean;
  readonly report: string;
  readonly data: unknown;
  /** What stands before the text; beside `--json`, it goes to stderr. */
  readonly notice?: string;
}

/** One command. */
export interface Command {
  readonly usage: string;
  readonly summary: string;
  /** What `--help` says beside the summary: what it needs, what it writes, what its exit code means. */
  readonly help: string;
  /** Whether it is about one record, whose kycId is its only argument. */
  readonly isAboutRecord: boolean;
  /** Whether it is about one picture, whose file is its only argument. Commands about neither take no argument. */
  readonly isAboutPicture?: boolean;
  readonly options: readonly OwnOption[];
  readonly run: (call: { args: readonly string[]; options: Options }) => Promise<Report>;
}

/** Thrown when a command is not called as it must be. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** A report of something that cannot be done or shown; `code` is for `--json`. */
export const failed = (code: string, message: string): Report => ({
  ok: false,
  report: message,
  data: asErrorData(code, message),
});

/** What `--json` prints where something went wrong. */
export const asErrorData = (code: string, message: string) => ({ error: { code, message } });

/** The record's id on the command line. Throws {@link UsageError}. */
export function readKycId([word]: readonly string[]): number {
  const kycId = Number(word);
  // Nothing else that JavaScript takes for a number: "1e2" would open somebody else's record.
  if (word === undefined || !/^[1-9]\d{0,15}$/.test(word) || !Number.isSafeInteger(kycId))
    throw new UsageError("Name the record by its kycId, a whole number such as 456.");
  return kycId;
}

/** The `--hours` option. Throws {@link UsageError}. */
export function readHours({ hours = "24" }: Options): number {
  const value = Number(hours);
  if (!/^\d+(?:\.\d+)?$/.test(hours) || !(value > 0 && value <= MAX_HOURS))
    throw new UsageError("--hours must be a number above 0, such as 24, and at most 1000000.");
  return value;
}

/** More than a century; PostgreSQL's intervals end somewhere, too. */
const MAX_HOURS = 1_000_000;

/** `1 record`, `2 records`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;
