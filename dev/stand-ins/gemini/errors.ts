/** The Gemini API's error answers, word for word as seen in the wild. */
import type { HttpReply } from "../reply.ts";

const TROUBLE = "https://developers.generativeai.google/guide/troubleshooting";
const RPC = "type.googleapis.com/google.rpc";

/** A JSON answer, printed as Google prints it. */
export function geminiJson(status: number, body: unknown): HttpReply {
  return { status, contentType: "application/json; charset=UTF-8", body: `${JSON.stringify(body, null, 2)}\n` };
}

/** Google's error envelope. */
function geminiError(code: number, status: string, message: string, details?: object[]): HttpReply {
  return geminiJson(code, { error: { code, message, status, details } });
}

/** 400 INVALID_ARGUMENT. */
export function invalidArgument(message: string, details?: object[]): HttpReply {
  return geminiError(400, "INVALID_ARGUMENT", message, details);
}

/** 400 for JSON that is not the request's message: `field` is a path such as `contents[0].parts[1]`, "" the root. */
export function invalidPayload(violations: readonly { field: string; description: string }[]): HttpReply {
  const fieldViolations = violations.map(({ field, description }) => ({ field: field || undefined, description }));
  const message = violations.map(({ description }) => description).join("\n");
  return invalidArgument(message, [{ "@type": `${RPC}.BadRequest`, fieldViolations }]);
}

const exhausted = (message: string, details?: object[]) => geminiError(429, "RESOURCE_EXHAUSTED", message, details);
const denied = (message: string) => geminiError(403, "PERMISSION_DENIED", message);
const unavailable = (message: string) => geminiError(503, "UNAVAILABLE", message);
const notFound = (message: string) => geminiError(404, "NOT_FOUND", message);

const BAD_KEY = "API key not valid. Please pass a valid API key.";
const HELP = {
  "@type": `${RPC}.Help`,
  links: [
    { description: "Learn more about Gemini API quotas", url: "https://ai.google.dev/gemini-api/docs/rate-limits" },
  ],
};
const QUOTA_TEXT =
  "You exceeded your current quota, please check your plan and billing details. For more information on this error, head to: https://ai.google.dev/gemini-api/docs/rate-limits. To monitor your current usage, head to: https://ai.dev/rate-limit. ";
const QUOTA_METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_requests";

/** Errors that are the same for every call. */
export const GEMINI_ERRORS = {
  missingKey: denied(
    "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API.",
  ),
  invalidKey: invalidArgument(BAD_KEY, [
    {
      "@type": `${RPC}.ErrorInfo`,
      reason: "API_KEY_INVALID",
      domain: "googleapis.com",
      metadata: { service: "generativelanguage.googleapis.com" },
    },
    { "@type": `${RPC}.LocalizedMessage`, locale: "en-US", message: BAD_KEY },
  ]),
  leakedKey: denied("Your API key was reported as leaked. Please use another API key."),
  permissionDenied: denied("The caller does not have permission"),
  locationUnsupported: geminiError(
    400,
    "FAILED_PRECONDITION",
    "User location is not supported for the API use without a billing account linked.",
  ),
  invalidArgument: invalidArgument("Request contains an invalid argument."),
  badImage: invalidArgument("Provided image is not valid"),
  unprocessableImage: invalidArgument(`Unable to process input image. Please retry or report in ${TROUBLE}`),
  // It says neither which quota was used up nor for how long.
  quotaHelpOnly: exhausted(QUOTA_TEXT.trimEnd(), [HELP]),
  quotaBare: exhausted("Resource has been exhausted (e.g. check quota)."),
  creditsDepleted: exhausted(
    "Your prepayment credits are depleted. Please go to AI Studio at https://ai.studio/projects to manage your project and billing.",
  ),
  internal: geminiError(500, "INTERNAL", `An internal error has occurred. Please retry or report in ${TROUBLE}`),
  highDemand: unavailable(
    "This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.",
  ),
  overloaded: unavailable("The model is overloaded. Please try again later."),
  deadlineExceeded: geminiError(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
  badGateway: googlePage(
    502,
    "Bad Gateway",
    "The server encountered a temporary error and could not complete your request. Please try again in 30 seconds.",
  ),
  notFoundPage: googlePage(404, "Not Found", "The requested URL was not found on this server."),
} as const satisfies Record<string, HttpReply>;

/** The HTML that Google's front end answers with where no API is reached. */
function googlePage(status: number, name: string, text: string): HttpReply {
  return {
    status,
    contentType: "text/html; charset=UTF-8",
    body: `<!DOCTYPE html>\n<html lang=en>\n  <title>Error ${status} (${name})!!1</title>\n  <p><b>${status}.</b> <ins>That’s an error.</ins>\n  <p>${text} <ins>That’s all we know.</ins>\n</html>\n`,
  };
}

/** 404 for a model that was never there, or cannot do what was asked. */
export const unknownModel = (model: string) =>
  notFound(
    `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
  );

/** 404 for a model that has been shut down. */
export const retiredModel = (model: string) =>
  notFound(
    `This model models/${model} is no longer available. Please update your code to use a newer model for the latest features and improvements.`,
  );

/** 404 for a model that is asked about by a name that it does not have. */
export const undescribedModel = (name: string) => notFound(`Model is not found: models/${name} for api version v1beta`);

/**
 * 429 with the quota that was used up. The delay that Google names is in seconds, with fractions; without one, no
 * RetryInfo is sent.
 */
export function quotaExhausted(model: string, per: "Minute" | "Day", delaySeconds: number | undefined): HttpReply {
  const limit = per === "Day" ? "20" : "10";
  const quotaId = `GenerateRequestsPer${per}PerProjectPerModel-FreeTier`;
  const quotaDimensions = { location: "global", model };
  const violation = { quotaMetric: QUOTA_METRIC, quotaId, quotaDimensions, quotaValue: limit };
  const message = `${QUOTA_TEXT}\n* Quota exceeded for metric: ${QUOTA_METRIC}, limit: ${limit}, model: ${model}`;
  const details = [HELP, { "@type": `${RPC}.QuotaFailure`, violations: [violation] }];
  if (delaySeconds === undefined) return exhausted(message, details);
  const retryInfo = { "@type": `${RPC}.RetryInfo`, retryDelay: `${decimal(delaySeconds)}s` };
  return exhausted(`${message}\nPlease retry in ${spokenDelay(delaySeconds)}.`, [...details, retryInfo]);
}

/** In the message, a delay under a second is in milliseconds. */
function spokenDelay(seconds: number): string {
  return seconds < 1 ? `${decimal(seconds * 1_000)}ms` : `${decimal(seconds)}s`;
}

/** At most nine decimals, as in a protobuf Duration, and no exponent. */
const decimal = (value: number) => value.toFixed(9).replace(/\.?0+$/, "");
