/**
 * CompreFace's face verification, over its HTTP API.
 *
 * Its API has traps: error 28 means "no face" in either picture, and 31 several faces in the first one. It decides by
 * the extension of a part's file name alone. Some errors are HTML from the proxy in front of it.
 */
import { recordCall } from "../../observe/calls.ts";
import { randomUUID } from "node:crypto";
import * as z from "zod/mini";
import { AnswerTooLongError, boundedFetch } from "../bounded-fetch.ts";
import { invalidPhoto, TransientError, type ErrorFacts } from "../../errors.ts";
import type { Picture } from "../../images/images.ts";

const NO_FACE = 28;
const SEVERAL_FACES_IN_SOURCE = 31;
const ABOUT_FACES: ReadonlySet<number> = new Set([NO_FACE, SEVERAL_FACES_IN_SOURCE]);
/** Missing key, malformed key, unknown key or key of another kind of service. */
const WRONG_KEY: ReadonlySet<number> = new Set([20, 26, 10]);

const verificationSchema = z.object({
  result: z
    .array(
      z.object({
        face_matches: z.array(z.object({ similarity: z.number().check(z.gte(0), z.lte(1)) })).check(z.minLength(1)),
      }),
    )
    .check(z.minLength(1)),
});

/** CompreFace's codes are small numbers. A larger number is not a code, so errors must not repeat it. */
const errorSchema = z.object({ code: z.int().check(z.gte(0), z.lte(99)) });

interface ComprefaceOptions {
  readonly url: string;
  readonly apiKey: string;
  /** The timeout of one request. */
  readonly timeoutMs: number;
}

/** The result of comparing the largest faces of two pictures. */
export interface Comparison {
  /** 0.0 to 1.0, on CompreFace's own scale. */
  readonly similarity: number;
  readonly facesInPassport: number;
  /** A lower bound if both pictures show several faces. */
  readonly facesInSelfie: number;
}

/** CompreFace's answer to one request: the similarities, or an error code about faces. */
type Answer = { readonly similarities: readonly number[] } | { readonly code: number };

/** Opens a client of a CompreFace verification service. */
export function createCompreface({ url, apiKey, timeoutMs }: ComprefaceOptions) {
  const verifyUrl = `${url.replace(/\/+$/, "")}/api/v1/verification/verify`;

  /** Sends one request. With `limit: 1`, CompreFace uses only the largest face of each picture. */
  async function verify(source: Picture, target: Picture, signal: AbortSignal, limit?: 1): Promise<Answer> {
    const form = encodeForm(source, target);
    const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const response = await boundedFetch(limit === undefined ? verifyUrl : `${verifyUrl}?limit=${limit}`, {
        method: "POST",
        headers: { "x-api-key": apiKey, "content-type": form.contentType },
        body: form.bytes,
        signal: patience,
      });
      const answer = readAnswer(response.status, await response.text());
      // With limit=1, "several faces" is impossible.
      if (limit === 1 && "code" in answer && answer.code !== NO_FACE) throw unavailable({ status: 400, ...answer });
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof TransientError) throw error;
      if (error instanceof AnswerTooLongError) throw unavailable({ cause: "too long" });
      throw unavailable({ cause: patience.aborted ? "timeout" : "connection" });
    }
  }

  /** Finds the picture without a face by comparing the passport with itself, and throws. */
  async function throwFaceNotFound(passport: Picture, selfie: Picture, signal: AbortSignal): Promise<never> {
    const probe = await verify(passport, passport, signal, 1);
    throw invalidPhoto("face_not_found", "code" in probe ? passport.role : selfie.role);
  }

  async function compare(passport: Picture, selfie: Picture, signal: AbortSignal): Promise<Comparison> {
    const direct = await verify(passport, selfie, signal);
    if ("similarities" in direct) {
      return { similarity: largest(direct), facesInPassport: 1, facesInSelfie: direct.similarities.length };
    }
    if (direct.code === NO_FACE) return throwFaceNotFound(passport, selfie, signal);

    // The passport page has a second, ghost portrait. CompreFace allows several faces only in the second picture: swap.
    const swapped = await verify(selfie, passport, signal);
    if ("similarities" in swapped) {
      return { similarity: largest(swapped), facesInPassport: swapped.similarities.length, facesInSelfie: 1 };
    }
    if (swapped.code === NO_FACE) return throwFaceNotFound(passport, selfie, signal);

    const limited = await verify(passport, selfie, signal, 1);
    if ("code" in limited) return throwFaceNotFound(passport, selfie, signal);
    return { similarity: largest(limited), facesInPassport: 2, facesInSelfie: 2 };
  }

  return {
    /**
     * Compares the largest face of the passport with the largest face of the selfie. It never takes the best match,
     * because a passport that is held up in the selfie would match itself.
     *
     * @throws {FinalError} that names the picture without a face.
     * @throws {TransientError} if CompreFace does not answer as it should.
     */
    compare: (passport: Picture, selfie: Picture, signal: AbortSignal): Promise<Comparison> =>
      recordCall({ provider: "compreface", purpose: "face_match" }, () => compare(passport, selfie, signal)),

    /** Whether CompreFace's recognition core answers. `/healthcheck` alone proves nothing: see {@link isHealthy}. */
    checkHealth: (signal: AbortSignal): Promise<boolean> => isHealthy(url.replace(/\/+$/, ""), signal),
  };
}

export type Compreface = ReturnType<typeof createCompreface>;

/**
 * Encodes the two parts as bytes. A `FormData` would be dangerous: if a request is aborted while Node's fetch still
 * reads the form, a rejection remains that no code can handle, and the process ends.
 */
function encodeForm(source: Picture, target: Picture) {
  const boundary = `kyc-${randomUUID()}`;
  // CompreFace finds the format by the extension of the file name.
  const head = (name: string, { role }: Picture) =>
    `--${boundary}\r\ncontent-disposition: form-data; name="${name}"; filename="${role}.jpg"\r\n` +
    "content-type: image/jpeg\r\n\r\n";
  const bytes = Buffer.concat([
    Buffer.from(head("source_image", source)),
    source.jpeg,
    Buffer.from(`\r\n${head("target_image", target)}`),
    target.jpeg,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]);
  return { bytes, contentType: `multipart/form-data; boundary=${boundary}` };
}

/** CompreFace lists a picture's faces by their area, the largest first. */
const largest = ({ similarities }: { similarities: readonly number[] }) => similarities[0] ?? 0;

/**
 * Reads an answer of CompreFace (1.2.0): error 28 if a picture has no face, otherwise one result with one match for
 * each face of the target. So an empty list does not mean "no face", and it does not say which picture it is about: it
 * counts as a failure of CompreFace.
 */
function readAnswer(status: number, body: string): Answer {
  const json = parseJson(body);
  const verification = verificationSchema.safeParse(json);
  if (status === 200 && verification.success) {
    const [result] = verification.data.result;
    return { similarities: result?.face_matches.map(({ similarity }) => similarity) ?? [] };
  }
  const code = errorSchema.safeParse(json).data?.code ?? null;
  if (status === 400 && code !== null && ABOUT_FACES.has(code)) return { code };
  throw isKeyRefused(status, code) ? keyRefused({ status, code }) : unavailable({ status, code });
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const isKeyRefused = (status: number, code: number | null) =>
  status === 401 || status === 403 || (code !== null && WRONG_KEY.has(code));

const keyRefused = (facts: ErrorFacts) =>
  new TransientError("CompreFace refused the API key", "face_match_misconfigured", { facts });

const unavailable = (facts: ErrorFacts) =>
  new TransientError("CompreFace did not answer as it should", "face_match_unavailable", { facts });

/**
 * Whether CompreFace is up. On its usual port, `/healthcheck` answers 200 with the web page of its user interface even
 * when it is down. So only a JSON answer counts, and the check asks the core's own address next.
 */
async function isHealthy(url: string, signal: AbortSignal): Promise<boolean> {
  for (const path of ["/healthcheck", "/core/healthcheck"]) {
    try {
      const response = await boundedFetch(url + path, { signal });
      const parsed = z.object({ status: z.literal("OK") }).safeParse(parseJson(await response.text()));
      if (response.ok && parsed.success) return true;
    } catch {
      return false;
    }
  }
  return false;
}
