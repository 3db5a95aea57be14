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
import type { Witness, WitnessReader } from "./witness.ts";

/** How many uploads are in memory at once, whatever the number of jobs: each may be as large as the limit for pictures. */
const UPLOADS_AT_ONCE = 6;

interface PipelineOptions {
  readonly storage: Storage;
  readonly images: Pick<ImagePreparation, "prepare" | "cropMrz">;
  readonly witness: WitnessReader;
  readonly ocr: Ocr;
  /** The vision model's name: the answer of another one is another answer. */
  readonly model: string;
  readonly faces: FaceMatcher;
  /** Throws while nothing can be read: then there is no use in fetching pictures. */
  readonly checkReader?: () => void;
  readonly policy: AssessmentPolicy;
  /** Whether a doubtful machine readable zone is read a second time. */
  readonly secondReading: boolean;
  readonly now: () => Date;
}

/** The passport's page as it came, and what the second witness says of it. */
interface Page {
  readonly picture: Picture;
  readonly testimony: Witness;
}

interface Task {
  readonly submission: Submission;
  readonly isLastAttempt: boolean;
  readonly steps: Steps;
}

/**
 * Gives an upload's memory back at once. The garbage collector sees a small object in it, and would let dozens of uploads
 * pile up before it takes the first one away.
 */
function discard({ buffer, byteLength }: Buffer): void {
  // Where a buffer is a part of something larger, that is shared with others.
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** Verifies one submission; throws where there is nothing to report but a failure. */
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

  /** The passport's page, which the second witness begins to read. `signal` is that of the whole verification. */
  const fetchPassport = (key: string, steps: Steps, joint: AbortSignal, signal: AbortSignal): Promise<Page> =>
    uploads(async () => {
      const upload = await storage.fetchImage(key, "passport", joint);
      const testimony = witness.begin(upload, steps, signal);
      const picture = images.prepare(upload, "passport");
      void Promise.allSettled([picture, testimony.read]).then(() => discard(upload));
      return { picture: await picture, testimony };
    });

  async function readPassport({ picture, testimony }: Page, upright: Picture, task: Task, signal: AbortSignal) {
    const { steps, isLastAttempt } = task;
    // The same question again, whether or not the page was turned in time.
    const question = { name: "read_passport", model, pictures: [picture], schema: passportReadingSchema };
    const reading = await steps.paid(question, () => ocr.readPassport(upright, signal));
    const reader = await witness.reading(testimony);
    const evidence = { passport: reading, ...(reader && { reader }) };
    const assessment = assessPassport({ reading, reader, today: now(), policy });
    if (assessment.verdict !== "passport") throw invalidPhoto(assessment.verdict, "passport");
    if (!assessment.needsSecondReading || !secondReading) return { assessment, evidence };

    const strip = await images.cropMrz(upright, (await witness.zoneBox(testimony)) ?? reading.mrzBox);
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

  async function compareFaces(page: Page, passport: Picture, selfie: Picture, task: Task, signal: AbortSignal) {
    const pictures = [page.picture, selfie];
    const question = { name: "compare_faces", model, pictures, schema: faceMatchSchema };
    const { isLastAttempt } = task;
    return task.steps.paid(question, () => faces.compare({ passport, selfie, isLastAttempt }, signal));
  }

  return async function verify(task, signal) {
    const { submission, steps } = task;
    const { passportKey, selfieKey, stampKey } = submission;
    if (!steps.hasAnswers) checkReader();
    const [page, selfie, stampPage] = await steps.run("fetch_pictures", () =>
      together(
        signal,
        (joint) => fetchPassport(passportKey, steps, joint, signal),
        (joint) => fetchPicture(selfieKey, "selfie", joint),
        async (joint) => (stampKey ? fetchPicture(stampKey, "stamp", joint) : undefined),
      ),
    );
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
