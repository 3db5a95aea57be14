/** Runs one sample case through the HTTP API and says whether it ended as it should. */
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import type { Backend, Result } from "./backend.ts";
import type { Dependencies } from "./dependencies.ts";
import type { Expected, SampleCase } from "../samples/cases.ts";

/** The case with the most retries takes 10 s on a quiet machine. */
const TIMEOUT_MS = 300_000;

/** How a case ended. `faults` is what is not as it should be; it is empty where all is. */
export type CaseOutcome = Awaited<ReturnType<typeof runCase>>;

/** Pictures by what they show. */
export type Pictures = Readonly<Partial<Record<ImageRole, Uint8Array>>>;

/** The stand-ins that a case may script; `undefined` where the real thing is configured. */
export type StandIns = Pick<Dependencies, "gemini" | "compreface">;

interface Stage {
  readonly backend: Backend;
  readonly dependencies: StandIns & Pick<Dependencies, "faces">;
  /** The case's pictures, if they have been drawn. */
  readonly pictures?: Pictures;
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
export async function runCase(sample: SampleCase, kycId: number, { backend, dependencies, pictures }: Stage) {
  const { name, person, hasRecord = true } = sample;
  const expected = await expectedOf(sample, dependencies);
  const submission = submissionOf({ ...sample, userId: 1_000 + kycId, kycId });

  const uploads = pictures ?? (await drawPictures(sample));
  for (const role of IMAGE_ROLES)
    if (uploads[role] !== undefined) await backend.upload(keyOf(kycId, role), uploads[role]);
  if (hasRecord) await backend.records.insertRecord({ kycId, userId: submission.userId, status: "in_review" });

  const startedAt = performance.now();
  const { status: http, body } = await submitCase(backend, sample, submission);
  if (http === 202) await backend.settled(kycId, { timeoutMs: TIMEOUT_MS });

  const jobId = jobIdIn(body);
  const status = (await backend.records.readRecord(kycId))?.status ?? null;
  const result = await backend.openResult(kycId);
  const durationMs = performance.now() - startedAt;
  const { gemini } = dependencies;
  // The stand-in knows this case's passport by the person in its marks.
  const readings = gemini?.requests.filter(({ kind, numbers }) => kind === "passport" && numbers.includes(person));
  const ended = { kycId, http, status, jobId, readings: readings?.length, ...factsOf(result) };
  return { name, kycId, http, jobId, status, result, durationMs, faults: compare(ended, expected) };
}

/** Where a record's picture is in the bucket. */
const keyOf = (kycId: number, image: ImageRole) => `kyc/${kycId}/${image}.jpg`;

/** What to submit for a record: the body of `POST /api/v1/process`. */
export function submissionOf({
  userId,
  kycId,
  withStamp = false,
}: Pick<SampleCase, "withStamp"> & { userId: number; kycId: number }) {
  const pictures = { passportKey: keyOf(kycId, "passport"), selfieKey: keyOf(kycId, "selfie") };
  return { userId, kycId, ...pictures, ...(withStamp && { stampKey: keyOf(kycId, "stamp") }) };
}

/** If the local face engine cannot get its networks, it compares no pictures without marks: nothing is made up. */
async function expectedOf({ isUnmarked, expected }: SampleCase, { faces }: Stage["dependencies"]): Promise<Expected> {
  const canCompare = isUnmarked !== true || (await faces?.isReady()) !== false;
  return canCompare ? expected : { http: 202, status: "ocr_failed", failureCode: "face_not_comparable" };
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

/** What is not as expected. Readings are compared where a case expects a number of them, and a stand-in counts them. */
function compare(actual: Readonly<Record<string, unknown>>, { passportReadings, ...expected }: Expected): string[] {
  const { kycId, readings, line2 } = actual;
  const wanted = {
    failureCode: undefined,
    image: undefined,
    engine: undefined,
    line2,
    jobId: expected.http === 202 ? `kyc-${String(kycId)}` : undefined,
    readings: readings === undefined ? undefined : (passportReadings ?? readings),
    ...expected,
  };
  return Object.entries(wanted)
    .filter(([name, value]) => actual[name] !== value)
    .map(([name, value]) => `${name}: ${String(actual[name])} instead of ${String(value)}`);
}

function factsOf(result: Result | undefined) {
  if (result?.status === "ocr_failed") return { failureCode: result.failureCode, image: result.image ?? undefined };
  return result && { engine: result.faceMatch.engine, line2: result.passport.mrz.line2 };
}
