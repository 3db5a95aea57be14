/** Who may call: the comparison of `X-Service-Token` with the configured secrets. */
import { hash, timingSafeEqual } from "node:crypto";

const digest = (value: string) => hash("sha256", value, "buffer");

/**
 * Checks a token against the accepted ones in constant time: it compares digests of equal length, and compares with every
 * accepted token, so that neither length nor position shows.
 */
export function createTokenCheck(accepted: readonly string[]): (token: string | undefined) => boolean {
  const digests = accepted.map(digest);
  return function isAccepted(token) {
    const presented = digest(token ?? "");
    const matches = digests.filter((expected) => timingSafeEqual(expected, presented));
    return token !== undefined && matches.length > 0;
  };
}
