/** The decision of the caller's guide about a result, as a title and a colour. No I/O. */
import type { Check } from "../../lib/checks.ts";
import type { Result } from "../stack/backend.ts";
import type { Refusal } from "./refusal.ts";

type Success = Extract<Result, { status: "ocr_complete" }>;
type ReasonClass = Check["reasons"][number]["class"];

/** The checks that must have passed before the guide approves, beside `stamp` if a stamp page was submitted. */
export const RELIED_ON = [
  "image_quality",
  "document_type",
  "mrz_check_digits",
  "second_reader",
  "printed_zone_against_mrz",
  "dates",
  "age",
  "face_match",
] as const satisfies readonly Check["name"][];

/** What the guide's policy says to the person if the result has no better text. */
export const APPROVED_MESSAGE = "Thank you. Your identity is verified.";
export const PERSON_LOOKS_MESSAGE =
  "Thank you. A person will look at your documents. You do not have to do anything now.";

/** How it looks: green only if nobody has to look any more, amber if a person must, red if it failed. */
export type Tone = "good" | "fair" | "bad";

/** One thing that is wrong. */
interface Finding {
  readonly tone: Tone;
  /** A check, a field or a picture, by its name in the result. */
  readonly about: readonly string[];
  readonly text: string;
  /** The catalogue's code; `null` if it has none. */
  readonly code: string | null;
}

/** A result, judged. */
export interface Verdict {
  readonly tone: Tone;
  readonly title: string;
  /** So short that it fits beside the record's name. */
  readonly short: string;
  /** What happens next. */
  readonly next: string;
  readonly findings: readonly Finding[];
  /** The message to the person; `null` without a verdict. */
  readonly personMessage: string | null;
}

/** What happens next: if all is well, and by the class of a reason. */
const STEPS: Readonly<Record<ReasonClass | "approve", Pick<Verdict, "tone" | "title" | "short" | "next">>> = {
  approve: { tone: "good", title: "Verified", short: "verified", next: "The backend approves it." },
  review: {
    tone: "fair",
    title: "A person must look",
    short: "person must look",
    next: "It is not approved. Your staff decides.",
  },
  retake: {
    tone: "bad",
    title: "Not verified",
    short: "new pictures",
    next: "It is not approved. The person takes new pictures.",
  },
  final: {
    tone: "bad",
    title: "Not verified",
    short: "not verified",
    next: "It is not approved. Another picture of this document does not help.",
  },
  system: {
    tone: "bad",
    title: "Could not be checked",
    short: "not checked",
    next: "The service failed. The same pictures can be submitted again.",
  },
};

const NONE: Verdict = {
  tone: "fair",
  title: "No verdict",
  short: "no verdict",
  next: "Nothing was written to the record.",
  findings: [],
  personMessage: null,
};

/** What a request comes to that the API refused. */
export function verdictOfRefusal({ status, code, message, fields }: Refusal): Verdict {
  const tone = "bad";
  const isOurs = status >= 500;
  return {
    tone,
    title: isOurs ? "Not accepted" : "Refused",
    short: `refused, HTTP ${status}`,
    next: isOurs
      ? "Nothing was queued. The caller sends it again."
      : "Nothing was queued. The caller must change the request.",
    findings: [
      { tone, about: [`HTTP ${status}`], text: message, code: code || null },
      ...fields.map(({ path, message: text }) => ({ tone, about: [path], text, code: null }) as const),
    ],
    personMessage: null,
  };
}

/** Judges a result as `decide` in examples/serverpod/lib/src/kyc/policy.dart does with a first submission. `trouble` says why a result is missing. */
export function verdictOf(result: Result | null, trouble?: string): Verdict {
  if (result === null) return { ...NONE, findings: trouble === undefined ? [] : [openPoint(trouble)] };
  if (result.status === "ocr_complete") return judge(result);
  const { class: reasonClass, failureCode: code, image, message: text, personMessage } = result;
  const step = STEPS[reasonClass];
  const findings = [{ tone: step.tone, about: image === null ? [] : [image], text, code }];
  return { ...step, findings, personMessage: reasonClass === "review" ? PERSON_LOOKS_MESSAGE : personMessage };
}

function judge({ passport, checks, stamp }: Success): Verdict {
  const relied: readonly string[] = stamp === null ? RELIED_ON : [...RELIED_ON, "stamp"];
  const open = checks.filter(({ name, state }) =>
    state === "not_executed" ? relied.includes(name) : state !== "passed",
  );
  const missing = relied.filter((name) => checks.every((check) => check.name !== name));
  const fields = Object.entries(passport.fields);
  const conflicts = fields.filter(([, { state }]) => state === "conflict").map(([name]) => name);
  const findings = group([...open.flatMap(findingsOf), ...missing.map(notDone), ...conflicts.map(conflict)]);
  if (findings.length === 0) return { ...STEPS.approve, findings, personMessage: APPROVED_MESSAGE };

  const reasons = open.flatMap((check) => check.reasons.map((reason) => ({ ...reason, state: check.state })));
  const refusal = reasons.find((reason) => reason.class === "final" && reason.state === "failed");
  if (refusal !== undefined) return { ...STEPS.final, findings, personMessage: refusal.personMessage };

  const [first] = reasons;
  const solvesAll =
    missing.length + conflicts.length === 0 &&
    open.every((check) => check.reasons.length > 0) &&
    reasons.every((reason) => reason.class === "retake");
  if (solvesAll && first !== undefined) return { ...STEPS.retake, findings, personMessage: first.personMessage };
  return { ...STEPS.review, findings, personMessage: PERSON_LOOKS_MESSAGE };
}

/** A finding without a code, for a person to look at. */
const openPoint = (text: string, ...about: readonly string[]): Finding => ({ tone: "fair", about, text, code: null });
const conflict = (name: string) =>
  openPoint("What was read contradicts itself: compare the field with the picture.", name);
const notDone = (name: string) => openPoint("It was not done.", name);

function findingsOf({ name, state, reasons }: Check): Finding[] {
  if (reasons.length === 0) return [notDone(name)];
  const tone = state === "failed" ? "bad" : "fair";
  return reasons.map(({ code, field, message: text }) => ({ tone, about: [field ?? name], text, code }));
}

/** One finding for each text. A field that a check names needs no second one. */
function group(findings: readonly Finding[]): Finding[] {
  const grouped = new Map<string, Finding>();
  for (const one of findings) {
    const isKnown = [...grouped.values()].some(({ about }) => one.about.every((name) => about.includes(name)));
    if (one.code === null && isKnown) continue;
    const same = grouped.get(one.text);
    grouped.set(one.text, { ...one, about: [...new Set([...(same?.about ?? []), ...one.about])] });
  }
  return [...grouped.values()];
}
