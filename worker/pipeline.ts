/** The whole verification of one submission: pictures, then reading and comparing side by side, then the rules. */
import pLimit from "p-limit";
import { invalidPhoto } from "../lib/errors.ts";
import { faceMatchSchema, type FaceMatcher } from "../lib/providers/face-match.ts";
import type { ImagePreparation, Picture } from "../lib/images/images.ts";
import type { Ocr } from "../lib/providers/gemini/ocr.ts";
import { assessPassport, type AssessmentPolicy } from "../lib/passport/assess.ts";
import { mrzReadingSchema, passportReadingSchema, stampReadingSchema } from "../lib/passport/reading.ts";
import type { ImageRole } from "../lib/reasons.ts";
import type { Verification } from "../lib/result.ts";
import type { Storage } from "../lib/providers/storage/storage.ts";
import type { Submission } from "../lib/submission.ts";
import { together } from "../lib/together.ts";
import type { Steps } from "./steps.ts";

/** How many uploads are in memory at once, in all jobs together: each may be as large as the limit for pictures. */
const UPLOADS_AT_ONCE = 6;

interface PipelineOptions {
  readonly storage: Storage;
  readonly images: ImagePreparation;
  readonly ocr: Ocr;
  /** The vision model's name. The answers of two models are cached separately. */
  readonly model: string;
  readonly faces: FaceMatcher;
  /** Throws while Gemini is unavailable: fetching pictures would be useless work. */
  readonly checkReader?: () => void;
  readonly policy: AssessmentPolicy;
  /** Whether a doubtful machine readable zone is read a second time. */
  readonly secondReading: boolean;
  readonly now: () => Date;
}

interface Task {
  readonly submission: Submission;
  readonly isLastAttempt: boolean;
  readonly steps: Steps;
}

/**
 * Frees an upload's memory immediately. To the garbage collector it is a small object: dozens of uploads would pile up
 * before it frees the first one.
 */
function discard({ buffer, byteLength }: Buffer): void {
  // A buffer can be part of a larger one that others use.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Verifies one submission; throws if it fails. */
export type Verify = (task: Task, signal: AbortSignal) => Promise<Verification>;

/** Returns the function that fetches and prepares the pictures of a submission. */
function createFetchPictures({ storage, images }: Pick<PipelineOptions, "storage" | "images">) {
  const uploads = pLimit(UPLOADS_AT_ONCE);

  const fetchPicture = (key: string, role: ImageRole, signal: AbortSignal): Promise<Picture> =>
    uploads(async () => {
      const upload = await storage.fetchImage(key, role, signal);
      try {
        return await images.prepare(upload, role);
      } finally {
        discard(upload);
      }
    });

  return ({ passportKey, selfieKey, stampKey }: Submission, signal: AbortSignal) =>
    together(
      signal,
      (joint) => fetchPicture(passportKey, "passport", joint),
      (joint) => fetchPicture(selfieKey, "selfie", joint),
      async (joint) => (stampKey ? fetchPicture(stampKey, "stamp", joint) : undefined),
    );
}

/** Makes the pipeline from what it works with. */
export function createPipeline({
  storage,
  images,
  ocr,
  model,
  faces,
  checkReader = () => {},
  policy,
  secondReading,
  now,
}: PipelineOptions): Verify {
  const fetchPictures = createFetchPictures({ storage, images });

  async function readPassport(page: Picture, { steps, isLastAttempt }: Task, signal: AbortSignal) {
    const question = { name: "read_passport", model, pictures: [page], schema: passportReadingSchema };
    const reading = await steps.paid(question, () => ocr.readPassport(page, signal));
    const assessment = assessPassport({ reading, today: now(), policy });
    if (assessment.verdict !== "passport") throw invalidPhoto(assessment.verdict, "passport");
    if (!assessment.needsSecondReading || !secondReading) return { assessment, evidence: { passport: reading } };

    const strip = await images.cropMrz(page, reading.mrzBox);
    const again = { name: "read_mrz_again", model, pictures: [strip], schema: mrzReadingSchema };
    const secondMrz = await steps.paid(again, () => ocr.readMrzAgain(strip, { isLastAttempt }, signal));
    return {
      assessment: assessPassport({ reading, secondMrz, today: now(), policy }),
      evidence: { passport: reading, secondMrz },
    };
  }

  async function readStamp(page: Picture | undefined, steps: Steps, signal: AbortSignal) {
    if (page === undefined) return undefined;
    const question = { name: "read_stamp", model, pictures: [page], schema: stampReadingSchema };
    return steps.paid(question, () => ocr.readStamp(page, signal));
  }

  async function compareFaces(passport: Picture, selfie: Picture, { steps, isLastAttempt }: Task, signal: AbortSignal) {
    const question = { name: "compare_faces", model, pictures: [passport, selfie], schema: faceMatchSchema };
    return steps.paid(question, () => faces.compare({ passport, selfie, isLastAttempt }, signal));
  }

  return async function verify(task, signal) {
    const { submission, steps } = task;
    if (!steps.hasAnswers) checkReader();
    const [passport, selfie, stampPage] = await steps.run("fetch_pictures", () => fetchPictures(submission, signal));
    const [document, stamp, faceMatch] = await together(
      signal,
      (joint) => readPassport(passport, task, joint),
      (joint) => readStamp(stampPage, steps, joint),
      (joint) => compareFaces(passport, selfie, task, joint),
    );
    return {
      assessment: document.assessment,
      evidence: document.evidence,
      stamp,
      faceMatch,
    };
  };
}
