/** What a command of `npx kyc` is. */

/** The options that commands share. */
export interface Options {
  readonly json?: boolean;
  readonly policy?: string;
  readonly hours?: string;
  readonly key?: string;
}

/** What a command found out: a text for people, and the same as data for `--json`. */
export interface Report {
  readonly ok: boolean;
  readonly report: string;
  readonly data: unknown;
}

/** One command. */
export interface Command {
  readonly usage: string;
  readonly summary: string;
  /** What `--help` says beside the summary: what it needs, what it writes, what its exit code means. */
  readonly help: string;
  readonly run: (call: { args: readonly string[]; options: Options }) => Promise<Report>;
}

/** Thrown when a command is not called as it must be. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The record's id on the command line. Throws {@link UsageError}. */
export function readKycId([word]: readonly string[]): number {
  const kycId = Number(word);
  if (!Number.isSafeInteger(kycId) || kycId < 1)
    throw new UsageError("Name the record by its kycId, a whole number such as 456.");
  return kycId;
}

/** The `--hours` option. Throws {@link UsageError}. */
export function readHours({ hours = "24" }: Options): number {
  const value = Number(hours);
  if (!(value > 0)) throw new UsageError("--hours must be a number above 0.");
  return value;
}
