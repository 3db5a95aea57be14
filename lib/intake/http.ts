/** Authenticates and reads HTTP requests. All errors have the form `{"error":{"code","message","fields?"}}`. */
import { isUtf8 } from "node:buffer";
import type middy from "@middy/core";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { describeError } from "../errors.ts";
import type { Logger } from "../observe/logger.ts";

/** An invalid field of the body. Names the path and the rule, never the value. */
export interface FieldFault {
  readonly path: string;
  readonly message: string;
}

interface HttpErrorOptions {
  readonly fields?: readonly FieldFault[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** Thrown to answer with an error that the caller may see. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly statusCode: number;
  readonly code: string;
  readonly fields: readonly FieldFault[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    statusCode: number,
    code: string,
    message: string,
    { fields, headers = {}, cause }: HttpErrorOptions = {},
  ) {
    super(message, { cause });
    this.statusCode = statusCode;
    this.code = code;
    this.fields = fields;
    this.headers = headers;
  }
}

/** Builds a JSON answer. */
export function answer(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): APIGatewayProxyStructuredResultV2 {
  return {
    statusCode,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
    body: JSON.stringify(body),
  };
}

/** Builds the answer that the caller gets for an error. */
export const answerOf = ({ statusCode, code, message, fields, headers }: HttpError) =>
  answer(statusCode, { error: { code, message, ...(fields && { fields }) } }, headers);

type HttpMiddleware = middy.MiddlewareObj<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>;
type HttpRequest = middy.Request<APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2>;

/** Middleware: turns an error into an answer. Only an {@link HttpError} shows its message to the caller. */
export function answerErrors(log: Logger): HttpMiddleware {
  return {
    onError: function answerError(request: HttpRequest) {
      const requestId = request.event?.requestContext?.requestId;
      const awsRequestId = request.context?.awsRequestId;
      const error = translate(request.error);
      if (error.statusCode >= 500) {
        log.error(
          { requestId, awsRequestId, status: error.statusCode, code: error.code, cause: describeError(error.cause) },
          error.message,
        );
      } else {
        log.info({ requestId, awsRequestId, status: error.statusCode, code: error.code }, "refused");
      }
      request.response = answerOf(error);
    },
  };
}

function translate(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  // The body parser's own errors: 422 for a body that is not JSON, 4xx for keys such as "__proto__".
  if (error instanceof Error && "statusCode" in error && error.statusCode !== 500) return notJson();
  return new HttpError(500, "internal_error", "Something went wrong on our side. Send the request again later.", {
    cause: error,
  });
}

const notJson = () => new HttpError(400, "invalid_json", "The body must be a JSON object in UTF-8.");

/** Middleware: refuses a request without an accepted token in `X-Service-Token`. */
export function requireToken(isAccepted: (token: string) => boolean): HttpMiddleware {
  return {
    before: function checkToken({ event }: HttpRequest) {
      const headers = Object.entries(event?.headers ?? {});
      const [, token] = headers.find(([name]) => name.toLowerCase() === "x-service-token") ?? [];
      // A direct invocation, without API Gateway, can send anything here.
      if (typeof token !== "string" || !isAccepted(token)) {
        const message = "The token in the X-Service-Token header is missing or not the configured one.";
        throw new HttpError(401, "unauthorized", message);
      }
    },
  };
}

/** Middleware: decodes the body. Refuses a body that is missing, larger than `maxBytes`, or not UTF-8. */
export function readBody({ maxBytes }: { maxBytes: number }): HttpMiddleware {
  return {
    before: function decodeBody({ event }: HttpRequest) {
      if (typeof event.body !== "string") throw notJson();
      const encoding = event.isBase64Encoded ? "base64" : "utf8";
      if (Buffer.byteLength(event.body, encoding) > maxBytes) {
        throw new HttpError(413, "body_too_large", `The body must not be larger than ${maxBytes} bytes.`);
      }
      const text = event.isBase64Encoded ? decodeUtf8(Buffer.from(event.body, encoding)) : event.body;
      // JSON.parse refuses the byte order mark, which some clients send.
      event.body = text.replace(/^\uFEFF/, "");
      event.isBase64Encoded = false;
    },
  };
}

function decodeUtf8(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw notJson();
  return bytes.toString("utf8");
}
