/** The names in Gemini's answers that an error may repeat. Any other text may contain personal data. */

/** Why an answer ends (`FinishReason` of the API). */
export const FINISH_REASONS: ReadonlySet<string> = new Set<string>([
  "STOP",
  "MAX_TOKENS",
  "SAFETY",
  "RECITATION",
  "LANGUAGE",
  "OTHER",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "SPII",
  "MALFORMED_FUNCTION_CALL",
  "IMAGE_SAFETY",
  "IMAGE_PROHIBITED_CONTENT",
  "IMAGE_RECITATION",
  "IMAGE_OTHER",
  "NO_IMAGE",
  "UNEXPECTED_TOOL_CALL",
  "TOO_MANY_TOOL_CALLS",
]);

/** Why a prompt is not answered (`BlockedReason` of the API). */
export const BLOCK_REASONS: ReadonlySet<string> = new Set<string>([
  "SAFETY",
  "OTHER",
  "BLOCKLIST",
  "PROHIBITED_CONTENT",
  "IMAGE_SAFETY",
]);

/** Why a key or a project is refused (`google.api.ErrorReason`). */
export const ERROR_REASONS: ReadonlySet<string> = new Set<string>([
  "API_KEY_INVALID",
  "API_KEY_SERVICE_BLOCKED",
  "API_KEY_HTTP_REFERRER_BLOCKED",
  "API_KEY_IP_ADDRESS_BLOCKED",
  "API_KEY_ANDROID_APP_BLOCKED",
  "API_KEY_IOS_APP_BLOCKED",
  "SERVICE_DISABLED",
  "BILLING_DISABLED",
  "CONSUMER_INVALID",
  "CONSUMER_SUSPENDED",
  "USER_PROJECT_DENIED",
  "RESOURCE_PROJECT_INVALID",
  "SECURITY_POLICY_VIOLATED",
  "LOCATION_POLICY_VIOLATED",
  "LOCATION_TAX_POLICY_VIOLATED",
  "RATE_LIMIT_EXCEEDED",
  "RESOURCE_QUOTA_EXCEEDED",
  "CREDENTIALS_MISSING",
  "ACCESS_TOKEN_EXPIRED",
  "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
  "ACCESS_TOKEN_TYPE_UNSUPPORTED",
]);

/** Returns a name that an error may repeat: a known name, `unknown` for another one, `null` without a name. */
export function knownName(name: unknown, known: ReadonlySet<string>): string | null {
  if (name === undefined || name === null) return null;
  return typeof name === "string" && known.has(name) ? name : "unknown";
}
