/** `POST /api/v1/process`: token, then body, then one job in the queue. */
import jsonBodyParser from "@middy/http-json-body-parser";
import middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type * as z from "zod/mini";
import { QueueUnavailableError } from "../errors.ts";
import { emfFields } from "../observe/metrics-emf.ts";
import { answer, answerErrors, HttpError, readBody, requireToken, type FieldFault } from "./http.ts";
import { isMisspelling } from "./misspelling.ts";
import type { Logger } from "../observe/logger.ts";
import type { VerificationQueue } from "../queue/queue.ts";
import { submissionSchema, type Submission } from "../submission.ts";

const MAX_BODY_BYTES = 16 * 1024;
const RETRY_AFTER_SECONDS = "2";

interface AcceptOptions {
  readonly isAccepted: (token: string | undefined) => boolean;
  readonly queue: Pick<VerificationQueue, "enqueue">;
  readonly log: Logger;
}

/** Creates the Lambda handler that accepts submissions. */
export function createAcceptHandler({ isAccepted, queue, log }: AcceptOptions) {
  // Middy's early timeout is off: the queue's own timeout is shorter than the function's, so it would never fire.
  return middy<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>({ timeoutEarlyInMillis: 0 })
    .use(answerErrors(log))
    .use(requireToken(isAccepted))
    .use(readBody({ maxBytes: MAX_BODY_BYTES }))
    .use(jsonBodyParser<APIGatewayProxyEventV2>({ disableContentTypeCheck: true }))
    .handler(async function accept(event, { functionName, awsRequestId }) {
      const submission = parseSubmission(event.body);
      const origin = originOf(event);
      const { jobId, isNew } = await enqueue(queue, submission, origin);
      const counts = emfFields({
        dimensions: { FunctionName: functionName },
        measurements: {
          Submissions: { value: 1, unit: "Count" },
          DuplicateSubmissions: { value: isNew ? 0 : 1, unit: "Count" },
        },
      });
      log.info(
        { ...origin, awsRequestId, kycId: submission.kycId, jobId, ...counts },
        isNew ? "queued" : "in the queue already",
      );
      return answer(202, { jobId, status: "queued" });
    });
}

function parseSubmission(body: unknown): Submission {
  const parsed = submissionSchema.safeParse(body);
  const fields = [...(parsed.error?.issues ?? []).map(toFieldFault), ...findMisspellings(body)];
  if (parsed.success && fields.length === 0) return parsed.data;
  throw new HttpError(400, "invalid_request", "Some fields are invalid. Fix them and send the request again.", {
    fields,
  });
}

const toFieldFault = (issue: z.core.$ZodIssue): FieldFault => ({
  path: issue.path.map(String).join("."),
  message: issue.message,
});

/** The only optional field. A submission without it is valid, so a misspelling would go unnoticed. */
const OPTIONAL_FIELD = "stampKey";

const findMisspellings = (body: unknown): FieldFault[] =>
  Object.keys(typeof body === "object" && body !== null ? body : {})
    .filter((name) => !Object.hasOwn(submissionSchema.shape, name) && isMisspelling(name, OPTIONAL_FIELD))
    .map((path) => ({ path, message: `is not known: did you mean ${OPTIONAL_FIELD}?` }));

/** The request's id and time, and the caller's trace context, if they are valid. */
function originOf({ requestContext, headers }: APIGatewayProxyEventV2) {
  const requestId: unknown = requestContext?.requestId;
  const traceparent = /^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(headers?.["traceparent"] ?? "")?.[0];
  const receivedAt: unknown = requestContext?.timeEpoch;
  return {
    ...(typeof requestId === "string" && { requestId }),
    ...(Number.isSafeInteger(receivedAt) && { receivedAt: Number(receivedAt) }),
    ...(traceparent && { traceparent }),
  };
}

async function enqueue(queue: AcceptOptions["queue"], submission: Submission, origin: ReturnType<typeof originOf>) {
  try {
    return await queue.enqueue(submission, origin);
  } catch (error) {
    if (!(error instanceof QueueUnavailableError)) throw error;
    throw new HttpError(
      503,
      "queue_unavailable",
      "Nothing was accepted: the queue cannot be reached. Send the request again.",
      {
        headers: { "retry-after": RETRY_AFTER_SECONDS },
        cause: error.cause ?? error,
      },
    );
  }
}
