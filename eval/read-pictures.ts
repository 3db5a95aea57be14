/**
 * Sends drawn passports to the configured model, the way the service does: the same preparation, prompts and parsing, and a
 * second reading of the MRZ where the rules ask for one.
 */
import { FinalError, RateLimitError, TransientError } from "../lib/errors.ts";
import type { ImagePreparation, Picture } from "../lib/images/images.ts";
import type { Ocr } from "../lib/providers/gemini/ocr.ts";
import { assessPassport, type Assessment } from "../lib/passport/assess.ts";
import type { MrzReading, PassportReading } from "../lib/passport/reading.ts";
import type { ReasonCode } from "../lib/reasons.ts";
import { collectCalls, type Call } from "../lib/observe/calls.ts";
import type { SamplePassport } from "../dev/samples/passports.ts";
import { POLICY } from "./run-rules.ts";

/** What came of one picture. */
export type PictureOutcome =
  | {
      readonly passport: SamplePassport;
      readonly reading: PassportReading;
      readonly second: MrzReading | undefined;
      readonly assessment: Assessment;
      readonly calls: readonly Call[];
    }
  | { readonly passport: SamplePassport; readonly failure: ReasonCode; readonly calls: readonly Call[] };

/** What is reported while it runs. */
export type PictureEvent =
  | { readonly kind: "read"; readonly done: number; readonly of: number }
  | { readonly kind: "waits"; readonly durationMs: number };

interface ReadPicturesOptions {
  readonly passports: readonly SamplePassport[];
  readonly draw: (passport: SamplePassport) => Promise<Buffer>;
  readonly images: ImagePreparation;
  readonly ocr: Ocr;
  readonly today: Date;
  readonly wait: (durationMs: number) => Promise<unknown>;
  readonly onEvent: (event: PictureEvent) => void;
}

/** How often a request is sent again after trouble that may pass; waiting out a rate limit does not count. */
const MAX_RETRIES = 2;
const RETRY_AFTER_MS = 2_000;
/** A limit that comes back so often is not one for each minute. */
const MAX_RATE_LIMITS = 20;

/** Trouble that the next picture would meet, too. */
const HOPELESS: ReadonlySet<ReasonCode> = new Set(["ocr_misconfigured", "ocr_quota_exhausted", "ocr_rate_limited"]);

/** Reads picture after picture, one request at a time. Ends early where no further picture could be read. */
export async function readPictures(options: ReadPicturesOptions): Promise<PictureOutcome[]> {
  const { passports, onEvent } = options;
  const outcomes: PictureOutcome[] = [];
  for (const passport of passports) {
    const outcome = await readPicture(passport, options);
    outcomes.push(outcome);
    onEvent({ kind: "read", done: outcomes.length, of: passports.length });
    if ("failure" in outcome && HOPELESS.has(outcome.failure)) break;
  }
  return outcomes;
}

async function readPicture(passport: SamplePassport, options: ReadPicturesOptions): Promise<PictureOutcome> {
  const calls: Call[] = [];
  try {
    return {
      passport,
      calls,
      ...(await collectCalls(
        (call) => void calls.push(call),
        () => read(passport, options),
      )),
    };
  } catch (error) {
    if (error instanceof FinalError || error instanceof TransientError || error instanceof RateLimitError) {
      return { passport, failure: error.reason, calls };
    }
    throw error;
  }
}

async function read(passport: SamplePassport, options: ReadPicturesOptions) {
  const { draw, images, ocr, today } = options;
  const signal = new AbortController().signal;
  const page = await images.prepare(await draw(passport), "passport");
  const reading = await patiently(() => ocr.readPassport(page, signal), options);
  const assessment = assessPassport({ reading, today, policy: POLICY });
  if (!assessment.needsSecondReading) return { reading, second: undefined, assessment };

  const second = (await patiently(() => readAgain(page, reading, options), options)) ?? undefined;
  return { reading, second, assessment: assessPassport({ reading, secondMrz: second, today, policy: POLICY }) };
}

async function readAgain(page: Picture, { mrzBox }: PassportReading, { images, ocr }: ReadPicturesOptions) {
  const strip = await images.cropMrz(page, mrzBox);
  return ocr.readMrzAgain(strip, { isLastAttempt: true }, new AbortController().signal);
}

/** Waits out rate limits for as long as they say, and tries again after other passing trouble. */
async function patiently<T>(
  request: () => Promise<T>,
  { wait, onEvent }: Pick<ReadPicturesOptions, "wait" | "onEvent">,
): Promise<T> {
  let retries = 0;
  let limits = 0;
  for (;;) {
    try {
      return await request();
    } catch (error) {
      const isLimit = error instanceof RateLimitError && ++limits <= MAX_RATE_LIMITS;
      const isPassing = error instanceof TransientError && ++retries <= MAX_RETRIES;
      if (!isLimit && !isPassing) throw error;
      const durationMs = error instanceof RateLimitError ? error.retryAfterMs : RETRY_AFTER_MS;
      onEvent({ kind: "waits", durationMs });
      await wait(durationMs);
    }
  }
}
