/** What happens to each record, as the console itself, the queue and the worker's log report it; kept for the page. */
import * as z from "zod/mini";
import { kycIdOf } from "../../lib/submission.ts";
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import { parseLine } from "../stack/log-line.ts";

/** How many records are kept. The oldest is dropped first. */
const KEPT_RECORDS = 100;

const logLineSchema = z.object({
  /** In the log an ISO 8601 text; here milliseconds since 1970. */
  time: z.pipe(z.iso.datetime(), z.transform(Date.parse)),
  msg: z.string(),
  jobId: z.string(),
  attempt: z.optional(z.number()),
  step: z.optional(z.string()),
  durationMs: z.optional(z.number()),
  reason: z.optional(z.string()),
  image: z.optional(z.enum(IMAGE_ROLES)),
  /** The kind of error: a text, or an object that names it. */
  cause: z.catch(z.optional(z.string()), undefined),
  retryAfterMs: z.optional(z.number()),
  status: z.optional(z.string()),
});

/** A line of the worker's log that is about a job. It holds no personal datum, so the page may show it. */
export type LogLine = z.infer<typeof logLineSchema>;

export const JOB_STATES = ["waiting", "active", "delayed", "stalled", "completed", "failed", "removed"] as const;
export type JobState = (typeof JOB_STATES)[number];

/** One thing that happened. The `job` is BullMQ's id: the job of a later submission is another one. */
export type Happening = Readonly<
  | { kind: "uploaded"; image: ImageRole; bytes: number }
  | { kind: "in_review" }
  | { kind: "answered"; status: number; body: unknown }
  | { kind: "queue"; job?: string; state: JobState; reason?: string | undefined; until?: number | undefined }
  | { kind: "log"; line: LogLine }
  | { kind: "trouble"; message: string }
>;

/** A happening and when it was, in milliseconds since 1970. */
export type Dated = Happening & { readonly at: number };

/** Where a submission's pictures are, by the names that the table and the API have. */
export type PictureKeys = Readonly<Partial<Record<`${ImageRole}Key`, string>>>;

/** One record, as the page lists it. */
export interface FollowedRecord {
  readonly kycId: number;
  readonly label: string;
  readonly since: number;
  readonly keys: PictureKeys;
  readonly happenings: Dated[];
}

/** Starts to follow what happens. */
export function createHappenings({ now = Date.now }: { readonly now?: () => number } = {}) {
  const records = new Map<number, FollowedRecord>();
  const listeners = new Set<(kycId: number) => void>();

  function begin(kycId: number, label: string, keys: PictureKeys = {}): FollowedRecord {
    const followed = { kycId, label, keys, since: now(), happenings: [] };
    records.delete(kycId);
    records.set(kycId, followed);
    for (const oldest of [...records.keys()].slice(0, -KEPT_RECORDS)) records.delete(oldest);
    return followed;
  }

  function add(kycId: number, happening: Happening, at = now()): void {
    const followed = records.get(kycId) ?? begin(kycId, "submitted from elsewhere");
    // A record that is submitted again starts a new list.
    const isAgain = happening.kind === "queue" && happening.state === "waiting" && hasEnded(followed.happenings);
    const { happenings } = isAgain ? begin(kycId, followed.label, followed.keys) : followed;
    happenings.push({ ...happening, at });
    // Events of the queue and lines of the log arrive on different ways.
    happenings.sort((one, other) => one.at - other.at || rankOf(one) - rankOf(other));
    for (const listener of listeners) listener(kycId);
  }

  return {
    /** Starts to follow a record. */
    begin,

    add,

    /** Takes a line of the worker's output. Lines that are not about a job are ignored. */
    takeWorkerLine(line: string): void {
      const parsed = parseLine(line, logLineSchema);
      const kycId = parsed && kycIdOf(parsed.jobId);
      if (parsed !== undefined && kycId !== undefined) add(kycId, { kind: "log", line: parsed }, parsed.time);
    },

    /** A record that is followed. */
    find: (kycId: number) => records.get(kycId),

    /** All that are followed, the newest first. */
    list: () => [...records.values()].toReversed(),

    /** Calls back whenever something happened to a record, until the returned function is called. */
    listen(listener: (kycId: number) => void): () => void {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}

export type Happenings = ReturnType<typeof createHappenings>;

/** Whether nothing more is to be expected: every job has left the queue, or no job came into it. */
export function hasEnded(happenings: readonly Dated[]): boolean {
  const ends = new Map<string | undefined, boolean>();
  for (const one of happenings) {
    if (one.kind === "queue") ends.set(one.job, isEnd(one));
    else if (isEnd(one)) ends.clear();
  }
  return happenings.some(isEnd) && [...ends.values()].every(Boolean);
}

/** In the same millisecond, the lines of the log come before what they led to. */
const rankOf = ({ kind }: Happening) => (kind === "queue" ? 1 : 0);

const isEnd = (one: Dated): boolean =>
  one.kind === "trouble" ||
  (one.kind === "answered" && one.status !== 202) ||
  (one.kind === "queue" && (one.state === "completed" || one.state === "failed" || one.state === "removed"));
