/**
 * The verification of one submission: fetches the pictures, reads and compares them side by side, applies the rules.
 */
import * as z from "zod/mini";
import { invalidPhoto } from "../../lib/errors.ts";
import { faceComparisonSchema, type FaceMatcher } from "../../lib/providers/face-match.ts";
import type { ImagePreparation, Picture } from "../../lib/images/images.ts";
import type { Ocr } from "../../lib/providers/gemini/ocr.ts";
import { assessPassport, type AssessmentPolicy } from "../../lib/passport/assess.ts";
import { mrzReadingSchema, passportReadingSchema, stampReadingSchema } from "../../lib/passport/reading.ts";
import type { Verification } from "../../lib/result.ts";
import type { Storage } from "../../lib/providers/storage/storage.ts";
import type { Submission } from "../../lib/submission.ts";
import { together } from "../../lib/together.ts";
import { createFetchPictures } from "./fetch-pictures.ts";
import type { Steps } from "../run/steps.ts";
import type { PassportPage, PassportPages, Shown } from "./passport-pages.ts";

/** The model's reading of a page, and how the page was turned for it: `mrzBox` is a place on the turned page. */
const seenSchema = z.object({ reading: passportReadingSchema, turnedBack: z.literal([0, 90, 180, 270]) });

interface PipelineOptions {
  readonly storage: Storage;
  readonly images: Pick<ImagePreparation, "prepare">;
  readonly pages: PassportPages;
  readonly ocr: Ocr;
  /** The vision model's name. The answers of two models are cached separately. */
  readonly model: string;
  readonly faces: FaceMatcher;
  /** Throws while Gemini is unavailable, so that no pictures are fetched for nothing. */
  readonly checkGemini?: () => void;
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

/** Creates the pipeline from its dependencies. */
export function createPipeline({
  storage,
  images,
  pages,
  ocr,
  model,
  faces,
  checkGemini = () => {},
  policy,
  secondReading,
  now,
}: PipelineOptions): Verify {
  const fetchPictures = createFetchPictures({ storage, images, pages });

  async function readPassport(page: PassportPage, upright: Shown, task: Task, signal: AbortSignal) {
    const { steps, isLastAttempt } = task;
    // Key the question by the original page, so that it is the same question whether or not the page was turned in
    // time.
    const about = { model, pictures: [page.picture] };
    const seen = await steps.paid({ name: "read_passport", ...about, schema: seenSchema }, async () => ({
      reading: await ocr.readPassport(upright.picture, signal),
      turnedBack: upright.turnedBack,
    }));
    const { reading } = seen;
    const reader = await pages.reading(page);
    const evidence = { passport: reading, ...(reader && { reader }) };
    const assessment = assessPassport({ reading, reader, today: now(), policy });
    if (assessment.verdict !== "passport") throw invalidPhoto(assessment.verdict, "passport");
    if (!assessment.needsSecondReading || !secondReading) return { assessment, evidence };

    const secondMrz = await steps.paid(
      { name: "read_mrz_again", ...about, schema: z.nullable(mrzReadingSchema) },
      async () => ocr.readMrzAgain(await pages.strip(page, seen), { isLastAttempt }, signal),
    );
    if (secondMrz === null) return { assessment, evidence };
    return {
      assessment: assessPassport({ reading, secondMrz, reader, today: now(), policy }),
      evidence: { ...evidence, secondMrz },
    };
  }

  async function readStamp(page: Picture, steps: Steps, signal: AbortSignal) {
    const question = { name: "read_stamp", model, pictures: [page], schema: stampReadingSchema };
    return steps.paid(question, () => ocr.readStamp(page, signal));
  }

  async function compareFaces(page: PassportPage, passport: Picture, selfie: Picture, task: Task, signal: AbortSignal) {
    const { steps, isLastAttempt } = task;
    const question = { name: "compare_faces", model, pictures: [page.picture, selfie], schema: faceComparisonSchema };
    const compare = () => faces.compare({ passport, selfie, isLastAttempt }, signal);
    return faces.judge(await steps.paid(question, compare));
  }

  return async function verify(task, signal) {
    const { submission, steps } = task;
    if (!steps.hasAnswers) checkGemini();
    const [page, selfie, stampPage] = await steps.run("fetch_pictures", () => fetchPictures(submission, steps, signal));
    const shown = await pages.upright(page);
    const [document, stamp, faceMatch] = await together(
      signal,
      (joint) => readPassport(page, shown, task, joint),
      async (joint) => stampPage && readStamp(stampPage, steps, joint),
      (joint) => compareFaces(page, shown.picture, selfie, task, joint),
    );
    return { ...document, stamp, faceMatch };
  };
}
