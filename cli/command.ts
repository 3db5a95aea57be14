/** The form of a command of `npx kyc`, and the options that commands share. */

/** The options of all commands, as given on the command line. */
export interface Options {
  readonly since?: string | undefined;
  readonly policy?: string | undefined;
  readonly key?: string | undefined;
  readonly today?: string | undefined;
  readonly limit?: string | undefined;
  readonly reason?: string | undefined;
  readonly dryRun?: boolean | undefined;
  readonly watch?: boolean | undefined;
}

/** The result of a command: a text for people, and the same as data for `--json`. */
export interface Report {
  readonly ok: boolean;
  readonly report: string;
  readonly data: unknown;
  /** Printed before the text. With `--json`, it goes to stderr. */
  readonly notice?: string;
}

/** One call of a command. */
export interface Call {
  readonly args: readonly string[];
  readonly options: Options;
  /** Prints a report while the command continues. */
  readonly show: (report: Report) => void;
}

/** One command. */
export interface Command {
  readonly summary: string;
  /** The text of `--help` after the summary: what the command needs and writes, and what its exit code means. */
  readonly help: string;
  readonly argument?: "<kycId>" | "<picture>";
  readonly options?: readonly (readonly [flags: string, description: string])[];
  readonly run: (call: Call) => Promise<Report>;
}

/** The option of commands that look back. */
export const SINCE = ["--since <time>", "how far to look back, such as 30m, 1h or 2d (default 24h)"] as const;

/** Thrown when a command is called with wrong words. `usage` says how to call it. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly usage: string | undefined;

  constructor(message: string, usage?: string) {
    super(message);
    this.usage = usage;
  }
}

/** Builds the report of a failed command. `code` is for `--json`. */
export const failed = (code: string, message: string): Report => ({
  ok: false,
  report: message,
  data: asErrorData(code, message),
});

/** Builds the data that `--json` prints for an error. */
export const asErrorData = (code: string, message: string) => ({ error: { code, message } });

/** Reads the record's id from the command line. Throws {@link UsageError}. */
export function readKycId([word]: readonly string[]): number {
  const kycId = Number(word);
  // Number() accepts more forms: "1e2" would open another person's record.
  if (word === undefined || !/^[1-9]\d{0,15}$/.test(word) || !Number.isSafeInteger(kycId))
    throw new UsageError("Name the record by its kycId, a whole number such as 456.");
  return kycId;
}

const HOURS_OF = { m: 1 / 60, h: 1, d: 24 } as const;
/** More than a century. PostgreSQL limits its intervals too. */
const MAX_HOURS = 1_000_000;

/** Reads the `--since` option, in hours. Throws {@link UsageError}. */
export function readSince({ since = "24h" }: Options): { readonly since: string; readonly hours: number } {
  const [, amount, unit] = /^(\d{1,9}(?:\.\d{1,9})?)([mhd])$/.exec(since) ?? [];
  const hours = unit === "m" || unit === "h" || unit === "d" ? Number(amount) * HOURS_OF[unit] : 0;
  if (!(hours > 0 && hours <= MAX_HOURS))
    throw new UsageError("--since must be a time such as 30m, 1h or 2d, and at most 1000000h.");
  return { since, hours };
}

/** Reads the `--limit` option. Throws {@link UsageError}. */
export function readLimit({ limit }: Options, usual: number): number {
  if (limit === undefined) return usual;
  if (!/^[1-9]\d{0,5}$/.test(limit)) throw new UsageError(`--limit must be a whole number from 1, such as ${usual}.`);
  return Number(limit);
}

/** Formats a count, such as `1 record` or `2 records`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** Lists the first ids, and how many more there are. */
export function named(kycIds: readonly number[], shown = 10): string {
  const more = kycIds.length > shown ? ` and ${kycIds.length - shown} more (--json names all)` : "";
  return `${kycIds.slice(0, shown).join(", ")}${more}`;
}
