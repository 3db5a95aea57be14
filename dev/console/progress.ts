/** The state of a submission in words, computed from the events so far. No I/O. */
import { describeReason, IMAGE_ROLES, isReasonCode, type ImageRole } from "../../lib/reasons.ts";
import { hasEnded, type Dated, type FollowedRecord, type JobState, type LogLine } from "./happenings.ts";
import { listEvents } from "./event-log.ts";
import { readRefusal } from "./refusal.ts";

const STEPS = [
  ["upload", "Upload the pictures"],
  ["record", "Set the record to in_review"],
  ["request", "POST /api/v1/process"],
  ["queue", "Wait in the queue"],
  ["fetch_pictures", "Fetch and prepare the pictures"],
  ["read_passport", "Read the passport"],
  ["read_mrz_again", "Read the machine readable zone again"],
  ["read_stamp", "Read the stamp page"],
  ["compare_faces", "Compare the faces"],
  ["verdict", "Seal and save the verdict"],
] as const;

type StepName = (typeof STEPS)[number][0];

/** What the console does for its own submissions. */
const OWN_STEPS: ReadonlySet<StepName> = new Set(["upload", "record", "request"]);

interface Step {
  readonly state: "pending" | "running" | "done" | "kept" | "failed" | "skipped";
  /** Milliseconds since 1970; `null` if the step has not started, or not ended. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly note: string | null;
}

const PENDING: Step = { state: "pending", startedAt: null, endedAt: null, note: null };

/** What has been seen of a submission so far. */
interface Story {
  readonly steps: Map<StepName, Step>;
  /** The steps that run side by side once the pictures are there. */
  readonly afterPictures: readonly StepName[];
  /** When the event that is taken happened. */
  now: number;
  headline: string;
  /** When the wait that the headline names ends, in milliseconds since 1970; `null` if nobody knows. */
  waitsUntil: number | null;
  runs: number;
  /** The attempt that runs or ran last, counted from 1; 0 before the first. */
  attempt: number;
  /** Why the job waits, and until when. */
  wait?: { readonly why: string; readonly until: number | null } | undefined;
  failure?: string | undefined;
}

/** Describes a submission so far: what the page shows while it waits. */
export function progressOf({ happenings, since, keys }: Pick<FollowedRecord, "happenings" | "since" | "keys">) {
  const stamp = keys.stampKey === undefined ? [] : (["read_stamp"] as const);
  const story: Story = {
    steps: new Map(),
    afterPictures: ["read_passport", "compare_faces", ...stamp],
    now: since,
    headline: "Uploading the pictures",
    waitsUntil: null,
    runs: 0,
    attempt: 0,
  };
  set(story, "upload", "running");
  for (const one of happenings) {
    story.now = one.at;
    take(story, one);
  }
  const isFromElsewhere = happenings.length > 0 && happenings.every(({ kind }) => kind === "queue" || kind === "log");
  const ended = hasEnded(happenings);
  const steps = STEPS.flatMap(([name, label]) => {
    const isRare = name === "read_mrz_again" || (name === "read_stamp" && stamp.length === 0);
    if ((isRare && !story.steps.has(name)) || (isFromElsewhere && OWN_STEPS.has(name))) return [];
    const step = story.steps.get(name) ?? PENDING;
    const isOpen = step.state === "pending" || step.state === "running";
    return [{ name, label, ...step, ...(ended && isOpen && { state: "skipped" }) }];
  });
  const { headline, waitsUntil, attempt } = story;
  return { ended, headline, waitsUntil: ended ? null : waitsUntil, attempt, steps, log: listEvents(happenings) };
}

/** Sets a step's state. What did not start before it ended started `durationMs` ago. */
function set(story: Story, name: StepName, state: Step["state"], note: string | null = null, durationMs = 0): void {
  const isRunning = state === "running";
  const before = story.steps.get(name);
  const started = before?.state === "running" ? before.startedAt : null;
  const startedAt = isRunning ? story.now : (started ?? story.now - durationMs);
  story.steps.set(name, { state, startedAt, endedAt: isRunning ? null : story.now, note });
}

const isOver = ({ steps }: Story, name: StepName) => ["done", "kept"].includes(steps.get(name)?.state ?? "");

function say(story: Story, headline: string, waitsUntil: number | null = null): void {
  story.headline = headline;
  story.waitsUntil = waitsUntil;
}

function take(story: Story, one: Dated): void {
  if (one.kind === "in_review") {
    set(story, "upload", "done");
    set(story, "record", "done");
    set(story, "request", "running");
    say(story, "Calling the API");
  }
  if (one.kind === "answered") {
    const refusal = readRefusal(one);
    if (!isOver(story, "upload")) set(story, "upload", "done");
    set(story, "request", refusal === undefined ? "done" : "failed", `HTTP ${one.status}`);
    if (refusal) say(story, `The API refused the request: HTTP ${one.status}. ${refusal.message}`.trimEnd());
  }
  if (one.kind === "queue") takeQueue(story, one);
  if (one.kind === "log") takeLog(story, one.line);
  if (one.kind === "trouble") say(story, one.message);
}

const HEADLINES: Readonly<Record<JobState, (story: Story, reason: string | undefined) => string>> = {
  waiting: describeWait,
  delayed: describeWait,
  active: ({ runs }) => (runs === 1 ? "A worker has the job" : "A worker has the job again"),
  stalled: () => "A worker died or hung: the job runs again",
  // The job of a later submission may be in the queue already.
  completed: (story) => (story.steps.get("queue")?.state === "running" ? describeWait(story) : "Done"),
  failed: ({ failure }, reason) => `The job failed: ${failure ?? inWords(reason)}`,
  removed: () => "The job was removed from the queue",
};

function describeWait({ runs, wait }: Story): string {
  return runs === 0 ? "Waiting for a free worker" : (wait?.why ?? "Waiting to run again");
}

function takeQueue(story: Story, { state, reason, until }: Extract<Dated, { kind: "queue" }>): void {
  const isWaiting = state === "waiting" || state === "delayed";
  if (isWaiting) set(story, "queue", "running");
  if (state === "active") {
    story.runs += 1;
    story.wait = undefined;
    set(story, "queue", "done");
    if (!isOver(story, "verdict")) set(story, "fetch_pictures", "running");
  }
  say(story, HEADLINES[state](story, reason), isWaiting ? (until ?? story.wait?.until) : null);
}

/** What the worker logs before a job waits, and what the page says. */
const WAITS: Readonly<Record<string, string>> = {
  "Gemini's rate limit: the queue pauses": "Gemini asked to wait",
  "the job waits for a provider that is down": "A provider is down, so the job waits",
  "the job waits for a server": "PostgreSQL or Redis does not answer, so the job waits",
  "attempt failed": "An attempt failed, so the job waits for the next one",
};

function takeLog(story: Story, line: LogLine): void {
  const name = STEPS.find(([step]) => step === line.step)?.[0];
  story.attempt = line.attempt ?? story.attempt;
  if (name !== undefined) takeStep(story, name, line);
  if (line.msg === "failed for good") story.failure = describe(line.reason, line.image) ?? story.failure;
  if (line.msg === "verdict") set(story, "verdict", "done", line.status);
  const why = WAITS[line.msg];
  if (why === undefined) return;
  const until = line.retryAfterMs === undefined ? null : story.now + line.retryAfterMs;
  story.wait = { why, until };
  say(story, why, until);
}

function takeStep(story: Story, name: StepName, { msg, cause, durationMs }: LogLine): void {
  const ended = msg === "step failed" ? "failed" : msg === "step done" ? "done" : "kept";
  // When a step fails, the steps beside it are stopped.
  if (cause === "AbortError") set(story, name, "skipped", "stopped", durationMs);
  else set(story, name, ended, null, durationMs);
  if (name !== "fetch_pictures" || msg !== "step done") return;
  for (const next of story.afterPictures) if (!isOver(story, next)) set(story, next, "running");
  say(story, "Reading and comparing");
}

/** The catalogue's words for a code; `undefined` where it has none. */
const describe = (code = "", image?: ImageRole) =>
  isReasonCode(code) ? describeReason(code, image).operator : undefined;

/** The queue's reason of a failure, `INVALID_PHOTO:selfie:image_corrupt` or `FACE_MISMATCH:0.1:below`, in plain words. */
function inWords(reason = ""): string {
  const [, role, code] = /^INVALID_PHOTO:(\w+):(\w+)/.exec(reason) ?? [];
  const image = IMAGE_ROLES.find((one) => one === role);
  return describe(reason.startsWith("FACE_MISMATCH:") ? "face_mismatch" : code, image) ?? (reason || "see the log");
}
