/** Compares `X-Service-Token` with the configured secrets. */
import { hash, timingSafeEqual } from "node:crypto";

const digest = (value: string) => hash("sha256", value, "buffer");

/**
 * Creates a check of a token against the accepted ones in constant time. It compares digests of equal length with every
 * accepted token, so that the time shows neither a token's length nor which token matched.
 */
export function createTokenCheck(accepted: readonly string[]): (token: string | undefined) => boolean {
  const digests = accepted.map(digest);
  return function isAccepted(token) {
    const presented = digest(token ?? "");
    const matches = digests.filter((expected) => timingSafeEqual(expected, presented));
    return token !== undefined && matches.length > 0;
  };
}
