/** The S3 error codes (AWS, "List of error codes") that an answer to a GET can have, including Garage's. */

/** Errors that may be gone on the next attempt, with any HTTP status. */
const PASSING: ReadonlySet<string> = new Set<string>([
  "BandwidthLimitExceeded",
  "Busy",
  "ConditionalRequestConflict",
  "ExpiredPresignRequest",
  "InternalError",
  "OperationAborted",
  "PriorRequestNotComplete",
  "RequestExpired",
  "RequestLimitExceeded",
  "RequestThrottled",
  "RequestTimeTooSkewed",
  "RequestTimeout",
  "ServiceUnavailable",
  "SlowDown",
  "Throttling",
  "ThrottlingException",
  "TooManyRequests",
]);

/** Errors that stay until somebody changes a setting, a grant or the bucket. */
const LASTING: ReadonlySet<string> = new Set<string>([
  "AccessDenied",
  "AccountProblem",
  "AllAccessDisabled",
  "AuthorizationHeaderMalformed",
  "AuthorizationQueryParametersError",
  "ExpiredToken",
  "IllegalLocationConstraintException",
  "InvalidAccessKeyId",
  "InvalidArgument",
  "InvalidBucketName",
  "InvalidObjectState",
  "InvalidRange",
  "InvalidRequest",
  "InvalidSecurity",
  "InvalidToken",
  "InvalidURI",
  "KeyTooLongError",
  "MethodNotAllowed",
  "NoSuchBucket",
  "NoSuchKey",
  "NoSuchVersion",
  "NotImplemented",
  "NotSignedUp",
  "PermanentRedirect",
  "PreconditionFailed",
  "SignatureDoesNotMatch",
  "TemporaryRedirect",
  "UserSuspended",
]);

/** Statuses after which another attempt may succeed. A 409 means that concurrent operations conflicted. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 421, 425, 429]);

/** Garage's and AWS's words for a URL that expired before it arrived. */
const EXPIRED = /<Message>[^<]*(?:Date is too old|Request has expired)/;
/** MinIO's and SeaweedFS's words for a URL whose signing time is in their future. */
const TOO_EARLY = /<Message>[^<]*Request is not valid yet/;

/** The error code in an answer's body; `unknown` if S3 has no such code. The rest of a body can contain object keys. */
export function errorCodeOf(body: string): string {
  const code = /<Code>([A-Za-z]{1,64})<\/Code>/.exec(body)?.[1] ?? "";
  return PASSING.has(code) || LASTING.has(code) ? code : "unknown";
}

/** Whether the request failed because the clocks of worker and storage differ. They may agree at the next attempt. */
export const isAboutClocks = (code: string, body: string): boolean =>
  code === "RequestTimeTooSkewed" || TOO_EARLY.test(body);

/**
 * Whether another attempt may succeed. A URL that expired before it arrived gets 400 from Garage and 403 from AWS,
 * without a specific error code.
 */
export function mayPass(status: number, code: string, body: string): boolean {
  // Below 300, the answer is a partial object or a success without an object, not a refusal.
  if (status < 300 || status >= 500 || PASSING_STATUSES.has(status) || PASSING.has(code)) return true;
  return EXPIRED.test(body);
}
