/** Checks whether Gemini accepts the key, has the model, and answers the worker's question. */
import type { WorkerConfig } from "../../lib/config.ts";
import { FinalError, RateLimitError, TransientError } from "../../lib/errors.ts";
import type { Picture } from "../../lib/images/images.ts";
import { boundedFetch } from "../../lib/providers/bounded-fetch.ts";
import { createGemini } from "../../lib/providers/gemini/gemini.ts";
import { createOcr } from "../../lib/providers/gemini/ocr.ts";
import { ok, TIMEOUT_MS, warning, wrong, type Finding } from "./finding.ts";
import type { Trouble } from "./dependency.ts";

/** A blank page, on which the model finds no document. */
const BLANK_PAGE: Picture = {
  role: "passport",
  width: 256,
  height: 256,
  jpeg: Buffer.from(
    "/9j/2wBDABsbGxscGx4hIR4qLSgtKj04MzM4PV1CR0JHQl2NWGdYWGdYjX2Xe3N7l33gsJycsOD/2c7Z////////////////wgALCAEAAQABAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAX/2gAIAQEAAAAAuAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAD/8QAFBABAAAAAAAAAAAAAAAAAAAAoP/aAAgBAQABPwAAH//Z",
    "base64",
  ),
};

/** Reads the model's description, then asks it to read a blank page for less than a cent. Throws without an answer. */
export async function checkGemini(config: WorkerConfig): Promise<readonly Finding[]> {
  const { GEMINI_BASE_URL: url, GEMINI_MODEL: model, GEMINI_API_KEY: key } = config;
  const response = await boundedFetch(`${url.replace(/\/+$/, "")}/v1beta/models/${model}`, {
    headers: { "x-goog-api-key": key },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (!response.ok) return [wrong("Gemini", explainStatus(response.status, model))];
  return [ok("Gemini", `the key is valid and ${model} exists`), await askToRead(config)];
}

async function askToRead(config: WorkerConfig): Promise<Finding> {
  const {
    GEMINI_BASE_URL: baseUrl,
    GEMINI_MODEL: model,
    GEMINI_API_KEY: apiKey,
    GEMINI_TIMEOUT_MS: timeoutMs,
  } = config;
  // The Gemini SDK always uses the global fetch.
  globalThis.fetch = boundedFetch;
  const ocr = createOcr({ gemini: createGemini({ apiKey, model, baseUrl, timeoutMs }) });
  const what = "Gemini's reading";
  try {
    await ocr.readPassport(BLANK_PAGE, AbortSignal.timeout(timeoutMs + 1_000));
    return ok(what, "it answers the worker's question in the asked form");
  } catch (error) {
    if (error instanceof TransientError && error.reason === "ocr_refused")
      return warning(what, "it refuses to read the blank test page", "run the doctor again");
    return wrong(what, explainRefusal(error, model));
  }
}

function explainStatus(status: number, model: string): Trouble {
  if (status === 404)
    return { detail: `has no model ${model} (HTTP 404)`, fix: "set GEMINI_MODEL to a model that exists" };
  if (status === 429)
    return {
      detail: "refuses for now: its rate limit or quota is used up (HTTP 429)",
      fix: "wait, or raise the quota",
    };
  if (status >= 500)
    return { detail: `does not answer as it should (HTTP ${status})`, fix: "look at its status page, and try again" };
  return {
    detail: `refuses the key (HTTP ${status})`,
    fix: "check GEMINI_API_KEY and its project's billing and restrictions",
  };
}

/** Explains why Gemini does not answer the question although it accepts the key and has the model. */
function explainRefusal(error: unknown, model: string): Trouble {
  if (error instanceof RateLimitError)
    return { detail: "it asks to wait: its rate limit is used up (HTTP 429)", fix: "wait, or raise the quota" };
  if (!(error instanceof FinalError) && !(error instanceof TransientError))
    return { detail: "it does not answer", fix: "look at its status page, and try again" };
  const { status, cause, quota } = error.facts;
  if (error.reason === "ocr_quota_exhausted")
    return {
      detail: quota === "credits" ? "the project's credits or its spending cap are used up" : "the quota is used up",
      fix: "look at the project's billing and quotas in Google AI Studio",
    };
  if (error.reason === "ocr_unavailable")
    return {
      detail: `it does not answer (${String(status ?? cause)})`,
      fix: "look at its status page, and try again",
    };
  const answer = status === undefined ? String(cause) : `HTTP ${String(status)}`;
  return {
    detail: `${model} does not answer the worker's question (${answer})`,
    fix: "set GEMINI_MODEL to a model that takes pictures and answers in JSON with a schema",
  };
}
