/** Where a submission stands, in words: made from what has happened so far. No I/O. */
import { describeReason, IMAGE_ROLES, isReasonCode } from "../../lib/reasons.ts";
import { hasEnded, type Dated, type LogLine } from "./happenings.ts";
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

/** What the console does itself, where it is the one that submits. */
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
  /** Everything that happened, with milliseconds since the first. */
  readonly log: readonly { readonly afterMs: number; readonly from: string; readonly text: string }[];
}

type Seen = { state: StepState; durationMs: number | null; note: string | null };

/** Tells a submission's story so far. `withStamp`: it names a stamp page. */
export function progressOf(happenings: readonly Dated[], { withStamp }: { readonly withStamp: boolean }): Progress {
  const seen = new Map<StepName, Seen>();
  const set = (name: StepName, state: StepState, rest: Partial<Seen> = {}) =>
    seen.set(name, { durationMs: null, note: null, ...rest, state });
  const afterPictures = withStamp ? [...AFTER_PICTURES, "read_stamp" as const] : AFTER_PICTURES;
  const isOver = (name: StepName) => ["done", "kept"].includes(seen.get(name)?.state ?? "");
  let runs = 0;
  let attempt = 0;
  let headline = "Uploading the pictures";
  let waitMs: number | undefined;
  let failure: string | undefined;
  set("upload", "running");

  function takeQueue(state: string, reason: string | undefined): void {
    if (state === "waiting" || state === "delayed") {
      set("queue", "running");
      const again = waitMs === undefined ? "Waiting to run again" : `Waiting ${waitMs / 1_000} s to run again`;
      headline = runs === 0 ? "Waiting in the queue" : again;
    }
    if (state === "active") {
      runs += 1;
      waitMs = undefined;
      set("queue", "done");
      if (!isOver("verdict")) set("fetch_pictures", "running");
      headline = runs === 1 ? "A worker has the job" : "A worker has the job again";
    }
    if (state === "stalled") headline = "A worker died or hung: the job runs again";
    if (state === "completed") headline = "Done";
    if (state === "failed") headline = `The job failed: ${failure ?? inWords(reason) ?? "see the log"}`;
    if (state === "removed") headline = "The job was taken out of the queue";
  }

  function takeLog(line: LogLine): void {
    const name = STEPS.find(([step]) => step === line.step)?.[0];
    const durationMs = line.durationMs ?? null;
    attempt = line.attempt ?? attempt;
    if (name !== undefined) {
      // What runs beside a step that fails is stopped.
      if (line.cause === "AbortError") set(name, "skipped", { durationMs, note: "stopped" });
      else if (line.msg === "step failed") set(name, "failed", { durationMs });
      else set(name, line.msg === "step done" ? "done" : "kept", { durationMs });
      if (name === "fetch_pictures" && line.msg === "step done") {
        for (const next of afterPictures) if (!isOver(next)) set(next, "running");
        headline = "Reading and comparing";
      }
    }
    if (line.msg === "failed for good") failure = describe(line.reason, line.image) ?? failure;
    waitMs = line.retryAfterMs ?? waitMs;
    if (line.retryAfterMs !== undefined) headline = `${line.msg} for ${line.retryAfterMs / 1_000} s`;
    if (line.msg === "verdict") set("verdict", "done", { note: line.status ?? null });
  }

  for (const one of happenings) {
    switch (one.kind) {
      case "uploaded":
        break;
      case "in_review":
        set("upload", "done");
        set("record", "done");
        set("request", "running");
        headline = "Calling the API";
        break;
      case "answered":
        set("upload", "done");
        set("request", one.status === 202 ? "done" : "failed", { note: `HTTP ${one.status}` });
        if (one.status !== 202) headline = `The API refused the request: HTTP ${one.status}. ${saidBy(one)}`.trimEnd();
        break;
      case "queue":
        takeQueue(one.state, one.reason);
        break;
      case "log":
        takeLog(one.line);
        break;
      case "trouble":
        headline = one.message;
        break;
    }
  }

  const ended = hasEnded(happenings);
  const isFromElsewhere = happenings.length > 0 && happenings.every(({ kind }) => kind === "queue" || kind === "log");
  const steps = listSteps(seen, ended, withStamp).filter(({ name }) => !(isFromElsewhere && OWN_STEPS.has(name)));
  return { ended, headline, attempt, steps, log: listLog(happenings) };
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
      const told = Object.entries(facts).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
      return [msg, ...told].join(" ");
    }
  }
}
