/** Runs one sample case through the HTTP API and says whether it ended as it should. */
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import type { Backend, Result } from "./backend.ts";
import type { Dependencies } from "./dependencies.ts";
import type { Expected, SampleCase } from "../samples/cases.ts";

/** The case with the most retries takes 10 s on a quiet machine. */
const TIMEOUT_MS = 300_000;

/** How pictures without marks end where the local face engine cannot get its networks: nothing is made up. */
const NOT_COMPARABLE: Expected = { http: 202, status: "ocr_failed", failureCode: "face_not_comparable" };

/** How a case ended. `faults` is what is not as it should be; it is empty where all is. */
export type CaseOutcome = Awaited<ReturnType<typeof runCase>>;

/** Pictures by what they show. */
export type Pictures = Readonly<Partial<Record<ImageRole, Uint8Array>>>;

/** The stand-ins that a case may script; `undefined` where the real thing is configured. */
export type StandIns = Pick<Dependencies, "gemini" | "compreface">;

interface Stage {
  readonly backend: Backend;
  readonly dependencies: StandIns & Pick<Dependencies, "faces">;
}

/** The pictures of a sample case. */
export async function drawPictures({ pictures }: Pick<SampleCase, "pictures">): Promise<Pictures> {
  const drawn = IMAGE_ROLES.map(async (role) => [role, await pictures[role]?.()] as const);
  return Object.fromEntries((await Promise.all(drawn)).filter(([, picture]) => picture !== undefined));
}

/** Why a case cannot run on this stack; `undefined` where it can. */
export function whyNotRunnable({ gemini, compreface }: SampleCase, standIns: StandIns): string | undefined {
  if (gemini !== undefined && standIns.gemini === undefined) return "needs the stand-in of Gemini";
  if (compreface !== undefined && standIns.compreface === undefined) return "needs the stand-in of CompreFace";
  return undefined;
}

/** Uploads the pictures, submits, waits for the verdict and compares it with what is expected. */
export async function runCase(
  sample: SampleCase,
  kycId: number,
  { backend, dependencies, pictures }: Stage & { readonly pictures?: Pictures },
) {
  const { hasRecord = true } = sample;
  const expected = await expectedOf(sample, dependencies);
  const submission = submissionOf({ ...sample, userId: 1_000 + kycId, kycId });

  const uploads = pictures ?? (await drawPictures(sample));
  for (const role of IMAGE_ROLES)
    if (uploads[role] !== undefined) await backend.upload(keyOf(kycId, role), uploads[role]);
  if (hasRecord) await backend.records.insertRecord({ kycId, userId: submission.userId, status: "in_review" });

  const startedAt = performance.now();
  const { status: http, body } = await submitCase(backend, sample, submission);
  if (http === 202) await backend.settled(kycId, { timeoutMs: TIMEOUT_MS });

  const ended = {
    name: sample.name,
    kycId,
    http,
    jobId: jobIdIn(body),
    status: (await backend.records.readRecord(kycId))?.status ?? null,
    result: await backend.openResult(kycId),
    durationMs: performance.now() - startedAt,
  };
  return { ...ended, faults: compare(ended, expected, countReadings(dependencies, sample)) };
}

/** Where a record's picture is in the bucket. */
const keyOf = (kycId: number, image: ImageRole) => `kyc/${kycId}/${image}.jpg`;

interface SubmissionOptions {
  readonly userId: number;
  readonly kycId: number;
  readonly withStamp?: boolean;
}

/** What to submit for a record: the body of `POST /api/v1/process`. */
export function submissionOf({ userId, kycId, withStamp = false }: SubmissionOptions) {
  const pictures = { passportKey: keyOf(kycId, "passport"), selfieKey: keyOf(kycId, "selfie") };
  return { userId, kycId, ...pictures, ...(withStamp && { stampKey: keyOf(kycId, "stamp") }) };
}

/** Without its networks, the local engine compares no unmarked pictures. */
async function expectedOf({ isUnmarked, expected }: SampleCase, { faces }: Stage["dependencies"]) {
  const canCompare = isUnmarked !== true || (await faces?.isReady()) !== false;
  return canCompare ? expected : NOT_COMPARABLE;
}

/** Calls the API in the way of a case. Resolves with the last answer. */
export async function submitCase(backend: Backend, { request }: Pick<SampleCase, "request">, submission: object) {
  if (request === "wrong token") return backend.submit(submission, "not the token");
  if (request === "bad body") return backend.submit({ ...submission, kycId: "456", passportKey: "../secret" });
  if (request === "twice") await backend.submit(submission);
  return backend.submit(submission);
}

function jobIdIn(body: unknown): string | undefined {
  return typeof body === "object" && body !== null && "jobId" in body ? String(body.jobId) : undefined;
}

/** How often the stand-in of Gemini was asked to read this case's passport, by the person in its marks. */
function countReadings({ gemini }: Stage["dependencies"], { person }: SampleCase): number | undefined {
  return gemini?.requests.filter(({ kind, numbers }) => kind === "passport" && numbers.includes(person)).length;
}

interface Ended {
  readonly kycId: number;
  readonly http: number;
  readonly jobId: string | undefined;
  readonly status: string | null;
  readonly result: Result | undefined;
}

/** What is not as expected. Readings are compared where a case expects a number of them, and a stand-in counts them. */
function compare(ended: Ended, expected: Expected, readings: number | undefined): string[] {
  const { http, status, jobId, kycId } = ended;
  const actual: Readonly<Record<string, unknown>> = { http, status, jobId, readings, ...factsOf(ended.result) };
  const { passportReadings = readings, line2 = actual["line2"], ...always } = expected;
  const wanted = {
    failureCode: undefined,
    image: undefined,
    engine: undefined,
    ...always,
    jobId: expected.http === 202 ? `kyc-${kycId}` : undefined,
    line2,
    readings: readings === undefined ? undefined : passportReadings,
  };
  return Object.entries(wanted)
    .filter(([name, value]) => actual[name] !== value)
    .map(([name, value]) => `${name}: ${String(actual[name])} instead of ${String(value)}`);
}

function factsOf(result: Result | undefined) {
  if (result?.status === "ocr_failed") return { failureCode: result.failureCode, image: result.image ?? undefined };
  return result && { engine: result.faceMatch.engine, line2: result.passport.mrz.line2 };
}
