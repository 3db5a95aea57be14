/** The whole verification of one submission: pictures, then reading and comparing side by side, then the rules. */
import { invalidPhoto } from "../lib/errors.ts";
import { faceMatchSchema, type FaceMatcher } from "../lib/providers/face-match.ts";
import type { ImagePreparation, Picture } from "../lib/images/images.ts";
import type { Ocr } from "../lib/providers/gemini/ocr.ts";
import { assessPassport, type AssessmentPolicy } from "../lib/passport/assess.ts";
import { mrzReadingSchema, passportReadingSchema, stampReadingSchema } from "../lib/passport/reading.ts";
import type { Verification } from "../lib/result.ts";
import type { Storage } from "../lib/providers/storage/storage.ts";
import type { Submission } from "../lib/submission.ts";
import { together } from "../lib/together.ts";
import { createFetchPictures } from "./fetch-pictures.ts";
import type { Steps } from "./steps.ts";
import type { PassportPage, Witness } from "./witness.ts";

interface PipelineOptions {
  readonly storage: Storage;
  readonly images: Pick<ImagePreparation, "prepare" | "cropMrz">;
  readonly witness: Witness;
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

/** Verifies one submission; throws if it fails. */
export type Verify = (task: Task, signal: AbortSignal) => Promise<Verification>;

/** Makes the pipeline from what it works with. */
export function createPipeline({
  storage,
  images,
  witness,
  ocr,
  model,
  faces,
  checkReader = () => {},
  policy,
  secondReading,
  now,
}: PipelineOptions): Verify {
  const fetchPictures = createFetchPictures({ storage, images, witness });

  async function readPassport(page: PassportPage, upright: Picture, task: Task, signal: AbortSignal) {
    const { steps, isLastAttempt } = task;
    // The same question again, whether or not the page was turned in time.
    const question = { name: "read_passport", model, pictures: [page.picture], schema: passportReadingSchema };
    const reading = await steps.paid(question, () => ocr.readPassport(upright, signal));
    const reader = await witness.reading(page.testimony);
    const evidence = { passport: reading, ...(reader && { reader }) };
    const assessment = assessPassport({ reading, reader, today: now(), policy });
    if (assessment.verdict !== "passport") throw invalidPhoto(assessment.verdict, "passport");
    if (!assessment.needsSecondReading || !secondReading) return { assessment, evidence };

    const strip = await images.cropMrz(upright, (await witness.zoneBox(page, upright)) ?? reading.mrzBox);
    const again = { name: "read_mrz_again", model, pictures: [strip], schema: mrzReadingSchema };
    const secondMrz = await steps.paid(again, () => ocr.readMrzAgain(strip, { isLastAttempt }, signal));
    return {
      assessment: assessPassport({ reading, secondMrz, reader, today: now(), policy }),
      evidence: { ...evidence, secondMrz },
    };
  }

  async function readStamp(page: Picture | undefined, steps: Steps, signal: AbortSignal) {
    if (page === undefined) return undefined;
    const question = { name: "read_stamp", model, pictures: [page], schema: stampReadingSchema };
    return steps.paid(question, () => ocr.readStamp(page, signal));
  }

  async function compareFaces(page: PassportPage, passport: Picture, selfie: Picture, task: Task, signal: AbortSignal) {
    const pictures = [page.picture, selfie];
    const question = { name: "compare_faces", model, pictures, schema: faceMatchSchema };
    const { isLastAttempt } = task;
    return task.steps.paid(question, () => faces.compare({ passport, selfie, isLastAttempt }, signal));
  }

  return async function verify(task, signal) {
    const { submission, steps } = task;
    if (!steps.hasAnswers) checkReader();
    const [page, selfie, stampPage] = await steps.run("fetch_pictures", () => fetchPictures(submission, steps, signal));
    const passport = await witness.upright(page.picture, page.testimony);
    const [document, stamp, faceMatch] = await together(
      signal,
      (joint) => readPassport(page, passport, task, joint),
      (joint) => readStamp(stampPage, steps, joint),
      (joint) => compareFaces(page, passport, selfie, task, joint),
    );
    return {
      assessment: document.assessment,
      evidence: document.evidence,
      stamp,
      faceMatch,
    };
  };
}
