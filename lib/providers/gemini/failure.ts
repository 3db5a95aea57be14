/** Translates a failed call to Gemini into an error whose class says what happens next. */
import { GoogleGenerativeAIFetchError } from "@google/generative-ai";
import * as z from "zod/mini";
import { FinalError, RateLimitError, TransientError } from "../../errors.ts";
import { AnswerTooLongError } from "../bounded-fetch.ts";
import { badOutput } from "./answer.ts";
import { ERROR_REASONS, knownName } from "./names.ts";

/** Translates an error into our own, which repeats no text of Google's. */
export function translate(error: unknown, timedOut: boolean): Error {
  if (error instanceof FinalError || error instanceof TransientError) return error;
  if (error instanceof AnswerTooLongError) return badOutput("too long");
  if (error instanceof GoogleGenerativeAIFetchError && error.status !== undefined)
    return translateStatus(error, error.status);
  if (error instanceof SyntaxError) return badOutput("not JSON");
  // The SDK throws a TypeError for an answer of another form. After a broken connection, the TypeError has a cause.
  if (error instanceof TypeError && error.cause === undefined) return badOutput("not of the asked form");
  return unavailable({ cause: timedOut ? "timeout" : "connection" });
}

const unavailable = (facts: Record<string, string | number>) =>
  new TransientError("Gemini did not answer as it should", "ocr_unavailable", { facts });

/** Statuses below 500 after which another attempt may succeed; 409 is `ABORTED`, and 499 `CANCELLED`. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 421, 425, 499]);

function translateStatus({ errorDetails, message }: GoogleGenerativeAIFetchError, status: number): Error {
  const details = detailsSchema.parse(Array.isArray(errorDetails) ? errorDetails.slice(0, MAX_DETAILS) : []);
  const said = wordsOf(message, status);
  if (status === 429) return translateRateLimit(details, said);
  if (status >= 500 || PASSING_STATUSES.has(status)) return unavailable({ status });
  const reason = details.map((detail) => detail.reason).find((code) => code !== undefined);
  const facts = { status, reason: knownName(reason, ERROR_REASONS) };
  if (status === 400 && reason === undefined && PLEASE_RETRY.test(said)) {
    return new TransientError("Gemini asks to try again", "ocr_refused", { facts });
  }
  // Google sends an argument error without a reason for a picture that it cannot process. Other errors mean that our
  // configuration is wrong.
  return status === 400 && reason === undefined && /\bimage\b/i.test(said)
    ? new FinalError("Gemini could not process the picture", "ocr_refused", { facts })
    : new FinalError(`Gemini refused the request (HTTP ${status})`, "ocr_misconfigured", { facts });
}

/** Google's words in "Unable to process input image. Please retry or report in ...". */
const PLEASE_RETRY = /please (?:retry|try again)/i;

/** The longest known error of Google has two kilobytes and four details. The rest of a longer error is ignored. */
const MAX_WORDS_CHARACTERS = 16 * 1_024;
const MAX_DETAILS = 20;

/**
 * Returns Google's message and details; empty if the body is not Google's JSON. Cuts off the URL that the SDK puts
 * before them, because a model's name in the URL can contain `image`.
 */
function wordsOf(message: string, status: number): string {
  const start = message.indexOf("] ", message.indexOf(`: [${status} `)) + 2;
  return message.slice(start, start + MAX_WORDS_CHARACTERS);
}

const text = z.catch(z.optional(z.string()), undefined);

/** Google's `google.rpc.Status` details; empty if they have another form. */
const detailsSchema = z.catch(z.array(z.catch(z.object({ reason: text, retryDelay: text }), {})), []);

type ErrorDetails = z.infer<typeof detailsSchema>;

/** The delay if Google names none: its limits are per minute. */
const DEFAULT_RETRY_AFTER_MS = 60_000;

/**
 * Google's words for limits that a short wait does not lift. For a daily quota, Google names a misleading short delay.
 */
const USED_UP = {
  day: /PerDay/,
  // A quota of 0: the plan does not include the model.
  none: /\blimit: 0(?![.\d])/,
  credits: /\bcredits are depleted\b|\bspend(?:ing)? cap\b/i,
} as const;

function translateRateLimit(details: ErrorDetails, said: string): Error {
  const usedUp = Object.entries(USED_UP).find(([, words]) => words.test(said));
  if (usedUp !== undefined) {
    const facts = { status: 429, quota: usedUp[0] };
    return new FinalError("Gemini's quota or credits are used up", "ocr_quota_exhausted", { facts });
  }
  const delay = details.map(({ retryDelay }) => retryDelay).find((value) => value !== undefined);
  const inMessage = /retry in ([0-9.]{1,24}(?:ms|s))/i.exec(said)?.[1];
  return new RateLimitError(parseDelayMs(delay) ?? parseDelayMs(inMessage) ?? DEFAULT_RETRY_AFTER_MS);
}

/**
 * Converts a delay such as `44s`, `0.539477544s` or `900.2ms` to milliseconds, rounded up; `undefined` for other texts.
 * A protobuf Duration has at most twelve digits before the point and nine after it.
 */
export function parseDelayMs(delay: unknown): number | undefined {
  const [, amount, unit] = /^(\d{1,12}(?:\.\d{1,9})?)(ms|s)$/.exec(typeof delay === "string" ? delay : "") ?? [];
  return amount === undefined ? undefined : Math.ceil(Number(amount) * (unit === "s" ? 1_000 : 1));
}

/** Whether the model refuses the request because it does not know the thinking level, as older models do. */
export const isAboutThinkingLevel = (error: unknown): boolean =>
  error instanceof GoogleGenerativeAIFetchError &&
  error.status === 400 &&
  /thinking.?level/i.test(wordsOf(error.message, error.status));
