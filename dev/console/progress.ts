/** The state of a submission in words, computed from the events so far. No I/O. */
import { describeReason, IMAGE_ROLES, isReasonCode } from "../../lib/reasons.ts";
import { hasEnded, type Dated, type JobState, type LogLine } from "./happenings.ts";
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

/** Steps that only some submissions have: shown once they happen. */
const OPTIONAL_STEPS: ReadonlySet<StepName> = new Set(["read_mrz_again", "read_stamp"]);

/** What the console does for its own submissions. */
const OWN_STEPS: ReadonlySet<StepName> = new Set(["upload", "record", "request"]);

/** Run side by side once the pictures are there. */
const AFTER_PICTURES = ["read_passport", "compare_faces"] as const;

export type StepState = "pending" | "running" | "done" | "kept" | "failed" | "skipped";

interface Step {
  readonly name: StepName;
  readonly label: string;
  readonly state: StepState;
  /** Milliseconds; `null` where unknown. */
  readonly durationMs: number | null;
  readonly note: string | null;
}

/** What the page shows while it waits. */
export interface Progress {
  readonly ended: boolean;
  readonly headline: string;
  /** The attempt that runs or ran last, counted from 1; 0 before the first. */
  readonly attempt: number;
  readonly steps: readonly Step[];
  /** Every event, with milliseconds since the first. */
  readonly log: readonly { readonly afterMs: number; readonly from: string; readonly text: string }[];
}

type Seen = { state: StepState; durationMs: number | null; note: string | null };

/** What has been seen of a submission so far. */
interface Story {
  readonly steps: Map<StepName, Seen>;
  /** The steps that start together once the pictures are there. */
  readonly afterPictures: readonly StepName[];
  headline: string;
  runs: number;
  attempt: number;
  waitMs: number | undefined;
  failure: string | undefined;
}

/** Describes a submission so far. `withStamp`: it names a stamp page. */
export function progressOf(happenings: readonly Dated[], { withStamp }: { readonly withStamp: boolean }): Progress {
  const story: Story = {
    steps: new Map(),
    afterPictures: withStamp ? [...AFTER_PICTURES, "read_stamp"] : AFTER_PICTURES,
    headline: "Uploading the pictures",
    runs: 0,
    attempt: 0,
    waitMs: undefined,
    failure: undefined,
  };
  set(story, "upload", "running");
  for (const one of happenings) take(story, one);

  const ended = hasEnded(happenings);
  const isFromElsewhere = happenings.length > 0 && happenings.every(({ kind }) => kind === "queue" || kind === "log");
  const steps = listSteps(story.steps, ended, withStamp).filter(
    ({ name }) => !(isFromElsewhere && OWN_STEPS.has(name)),
  );
  return { ended, headline: story.headline, attempt: story.attempt, steps, log: listLog(happenings) };
}

function set({ steps }: Story, name: StepName, state: StepState, rest: Partial<Seen> = {}): void {
  steps.set(name, { durationMs: null, note: null, ...rest, state });
}

const isOver = ({ steps }: Story, name: StepName) => ["done", "kept"].includes(steps.get(name)?.state ?? "");

function take(story: Story, one: Dated): void {
  switch (one.kind) {
    case "uploaded":
      break;
    case "in_review":
      set(story, "upload", "done");
      set(story, "record", "done");
      set(story, "request", "running");
      story.headline = "Calling the API";
      break;
    case "answered":
      set(story, "upload", "done");
      set(story, "request", one.status === 202 ? "done" : "failed", { note: `HTTP ${one.status}` });
      if (one.status !== 202) {
        story.headline = `The API refused the request: HTTP ${one.status}. ${saidBy(one)}`.trimEnd();
      }
      break;
    case "queue":
      takeQueue(story, one.state, one.reason);
      break;
    case "log":
      takeLog(story, one.line);
      break;
    case "trouble":
      story.headline = one.message;
      break;
  }
}

function takeQueue(story: Story, state: JobState, reason: string | undefined): void {
  switch (state) {
    case "waiting":
    case "delayed":
      set(story, "queue", "running");
      story.headline = describeWait(story);
      break;
    case "active":
      story.runs += 1;
      story.waitMs = undefined;
      set(story, "queue", "done");
      if (!isOver(story, "verdict")) set(story, "fetch_pictures", "running");
      story.headline = story.runs === 1 ? "A worker has the job" : "A worker has the job again";
      break;
    case "stalled":
      story.headline = "A worker died or hung: the job runs again";
      break;
    case "completed":
      story.headline = "Done";
      break;
    case "failed":
      story.headline = `The job failed: ${story.failure ?? inWords(reason) ?? "see the log"}`;
      break;
    case "removed":
      story.headline = "The job was removed from the queue";
      break;
  }
}

function describeWait({ runs, waitMs }: Story): string {
  if (runs === 0) return "Waiting in the queue";
  return waitMs === undefined ? "Waiting to run again" : `Waiting ${waitMs / 1_000} s to run again`;
}

function takeLog(story: Story, line: LogLine): void {
  const name = STEPS.find(([step]) => step === line.step)?.[0];
  story.attempt = line.attempt ?? story.attempt;
  if (name !== undefined) takeStep(story, name, line);
  if (line.msg === "failed for good") story.failure = describe(line.reason, line.image) ?? story.failure;
  if (line.msg === "verdict") set(story, "verdict", "done", { note: line.status ?? null });
  if (line.retryAfterMs === undefined) return;
  story.waitMs = line.retryAfterMs;
  story.headline = `${line.msg} for ${line.retryAfterMs / 1_000} s`;
}

function takeStep(story: Story, name: StepName, { msg, cause, ...line }: LogLine): void {
  const durationMs = line.durationMs ?? null;
  // When a step fails, the steps beside it are stopped.
  if (cause === "AbortError") set(story, name, "skipped", { durationMs, note: "stopped" });
  else if (msg === "step failed") set(story, name, "failed", { durationMs });
  else set(story, name, msg === "step done" ? "done" : "kept", { durationMs });
  if (name !== "fetch_pictures" || msg !== "step done") return;
  for (const next of story.afterPictures) if (!isOver(story, next)) set(story, next, "running");
  story.headline = "Reading and comparing";
}

const saidBy = (one: Dated) => readRefusal(one)?.message ?? "";

/** The catalogue's words for a code; `undefined` where it has none. */
function describe(code = "", image?: LogLine["image"]): string | undefined {
  return isReasonCode(code) ? describeReason(code, image).operator : undefined;
}

/** The queue's reason of a failure, `INVALID_PHOTO:selfie:image_corrupt` or `FACE_MISMATCH:0.1:below`, in plain words. */
function inWords(reason: string | undefined): string | undefined {
  const [, role, code] = /^INVALID_PHOTO:(\w+):(\w+)/.exec(reason ?? "") ?? [];
  const image = IMAGE_ROLES.find((one) => one === role);
  return describe(reason?.startsWith("FACE_MISMATCH:") ? "face_mismatch" : code, image) ?? reason;
}

function listSteps(seen: ReadonlyMap<StepName, Seen>, ended: boolean, withStamp: boolean): Step[] {
  return STEPS.filter(
    ([name]) => seen.has(name) || !OPTIONAL_STEPS.has(name) || (withStamp && name === "read_stamp"),
  ).map(([name, label]) => {
    const { state, durationMs, note } = seen.get(name) ?? { state: "pending", durationMs: null, note: null };
    const isOpen = state === "pending" || state === "running";
    return { name, label, durationMs, note, state: ended && isOpen ? "skipped" : state };
  });
}

function listLog(happenings: readonly Dated[]): Progress["log"] {
  const first = happenings[0]?.at ?? 0;
  return happenings.map((one) => ({ afterMs: one.at - first, from: sourceOf(one), text: textOf(one) }));
}

function sourceOf({ kind }: Dated): string {
  if (kind === "queue") return "queue";
  if (kind === "log") return "worker";
  return kind === "answered" ? "API" : "console";
}

function textOf(one: Dated): string {
  switch (one.kind) {
    case "uploaded":
      return `uploaded ${one.image}, ${Math.ceil(one.bytes / 1_024)} kB`;
    case "in_review":
      return "record set to in_review";
    case "answered":
      return `HTTP ${one.status} ${JSON.stringify(one.body)}`;
    case "queue":
      return one.reason === undefined ? one.state : `${one.state}: ${one.reason}`;
    case "trouble":
      return one.message;
    case "log": {
      const { msg, step, durationMs, reason, status, outcome, attempt, retryAfterMs } = one.line;
      const facts = { step, reason, status, outcome, attempt, ms: durationMs, retryAfterMs };
      const shown = Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
      return [msg, ...shown].join(" ");
    }
  }
}
