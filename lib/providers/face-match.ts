/**
 * Decides whether the selfie shows the passport's holder. CompreFace measures the similarity. Gemini is the fallback if
 * CompreFace is not configured, and on a job's last attempt if CompreFace still fails.
 *
 * A vision model compares faces less well than an engine made for it. So a "same person" by Gemini asks for a review by
 * a person, and its refusal or doubt means "could not compare", never "no match".
 */
import * as z from "zod/mini";
import type { Compreface } from "./compreface/compreface.ts";
import { FinalError, invalidPhoto, TransientError } from "../errors.ts";
import type { Gemini } from "./gemini/gemini.ts";
import type { Picture } from "../images/images.ts";
import { FACE_PROMPT } from "./gemini/prompts.ts";

const counts = {
  facesInPassport: z.int().check(z.gte(0), z.lte(100)),
  facesInSelfie: z.int().check(z.gte(0), z.lte(100)),
};

/** The form of Gemini's reply. The counts come first, so that the model counts before it decides. */
export const faceReplySchema = z.object({
  ...counts,
  verdict: z.enum(["same_person", "different_people", "cannot_compare"]),
});

/** An engine's comparison, before the decision. */
export const faceComparisonSchema = z.discriminatedUnion("engine", [
  z.object({ engine: z.literal("compreface"), ...counts, similarity: z.number() }),
  z.object({ engine: z.literal("gemini"), ...counts, isSamePerson: z.boolean() }),
]);

export type FaceComparison = z.infer<typeof faceComparisonSchema>;

/** A match. Mismatches are thrown. */
export const faceMatchSchema = z.object({
  engine: z.enum(["compreface", "gemini"]),
  /** CompreFace's similarity, 0.0 to 1.0; `null` if Gemini compared, because it measures none. */
  similarity: z.nullable(z.number()),
  threshold: z.number(),
  facesInPassport: z.int(),
  facesInSelfie: z.int(),
});

export type FaceMatch = z.infer<typeof faceMatchSchema>;

interface FaceMatchOptions {
  readonly compreface: Pick<Compreface, "compare"> | undefined;
  readonly gemini: Gemini | undefined;
  readonly threshold: number;
}

/** Compares faces with the engines that are configured. */
export function createFaceMatch({ compreface, gemini, threshold }: FaceMatchOptions) {
  async function withGemini(engine: Gemini, passport: Picture, selfie: Picture, signal: AbortSignal) {
    const pictures = [passport, selfie];
    const question = { purpose: "face_match", prompt: FACE_PROMPT, pictures, schema: faceReplySchema };
    const { verdict, ...faces } = await engine.ask(question, signal).catch(asNotComparable);
    if (verdict === "cannot_compare" && faces.facesInPassport > 0 && faces.facesInSelfie > 0)
      throw notComparable("Gemini could not compare the faces");
    return { engine: "gemini", ...faces, isSamePerson: verdict === "same_person" } as const;
  }

  return {
    /**
     * Compares the largest face of the passport with the largest face of the selfie.
     *
     * @throws {FinalError} if CompreFace finds no face.
     * @throws {TransientError} if the faces could not be compared; another attempt may help.
     */
    async compare(
      { passport, selfie, isLastAttempt }: { passport: Picture; selfie: Picture; isLastAttempt: boolean },
      signal: AbortSignal,
    ): Promise<FaceComparison> {
      if (compreface === undefined) {
        if (gemini === undefined)
          throw new Error(
            "No engine is configured to compare faces: set COMPREFACE_API_KEY, or FACE_MATCH_FALLBACK to on.",
          );
        return withGemini(gemini, passport, selfie, signal);
      }
      try {
        return { engine: "compreface", ...(await compreface.compare(passport, selfie, signal)) };
      } catch (error) {
        const fallback = error instanceof TransientError && isLastAttempt ? gemini : undefined;
        if (fallback === undefined) throw error;
        return withGemini(fallback, passport, selfie, signal);
      }
    },

    /**
     * Decides whether a comparison is a match.
     *
     * @throws {FinalError} if a picture has no face, or the faces do not match.
     */
    judge(comparison: FaceComparison): FaceMatch {
      const { engine, facesInPassport, facesInSelfie } = comparison;
      if (facesInPassport === 0) throw invalidPhoto("face_not_found", "passport");
      if (facesInSelfie === 0) throw invalidPhoto("face_not_found", "selfie");
      const similarity = comparison.engine === "compreface" ? comparison.similarity : null;
      const match: FaceMatch = { engine, similarity, threshold, facesInPassport, facesInSelfie };
      const isMatch = comparison.engine === "compreface" ? comparison.similarity >= threshold : comparison.isSamePerson;
      if (!isMatch) throw mismatch(match);
      return match;
    },
  };
}

export type FaceMatcher = ReturnType<typeof createFaceMatch>;

/** The error `FACE_MISMATCH:{score}:...`. The score is `none` if Gemini compared, because it gives no score. */
function mismatch({ engine, similarity, threshold, facesInPassport, facesInSelfie }: FaceMatch): FinalError {
  const score =
    similarity === null ? "none:Gemini sees different people" : `${similarity}:below the threshold ${threshold}`;
  return new FinalError(`FACE_MISMATCH:${score}`, "face_mismatch", {
    image: "selfie",
    facts: { engine, similarity, threshold, facesInPassport, facesInSelfie },
  });
}

const notComparable = (message: string) => new TransientError(message, "face_not_comparable");

/** Turns a refusal or an unusable answer of Gemini into "could not compare": neither says anything about the faces. */
function asNotComparable(error: unknown): never {
  if ((error instanceof FinalError || error instanceof TransientError) && error.reason === "ocr_refused")
    throw notComparable("Gemini refused to compare the faces");
  if (error instanceof TransientError && error.reason === "ocr_bad_output")
    throw notComparable("Gemini's answer about the faces was unusable");
  throw error;
}
