/**
 * AWS Signature Version 4, the server's side, for S3: the path is signed as it was sent, not encoded a second time.
 *
 *   canonical request = method \n path \n sorted query \n "name:value" of each signed header \n \n
 *                       names of the signed headers \n hash of the body
 *   string to sign    = "AWS4-HMAC-SHA256" \n time \n scope \n SHA-256 of the canonical request
 *   signing key       = HMAC chain over day, region, service and "aws4_request", begun with "AWS4" + secret key
 */
import { createHmac, hash } from "node:crypto";

export const SIGNATURE_ALGORITHM = "AWS4-HMAC-SHA256";
export const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";

/** What a signature covers. */
interface SignedContent {
  readonly method: string;
  /** As sent: still percent-encoded. */
  readonly path: string;
  /** Decoded, without the signature itself. */
  readonly query: Iterable<readonly [name: string, value: string]>;
  /** By lower-case name, in the alphabetical order of the names. */
  readonly headers: Iterable<readonly [name: string, value: string]>;
  /** SHA-256 of the body in hex, or {@link UNSIGNED_PAYLOAD}. */
  readonly payloadHash: string;
  /** `YYYYMMDDTHHMMSSZ` */
  readonly time: string;
}

/** What a signature is valid for: a day, a region and S3. */
export function signingScope(time: string, region: string): string {
  return `${time.slice(0, 8)}/${region}/s3/aws4_request`;
}

/** The signature, in hex, that the holder of the secret key would put on the content. */
export function signatureOf(content: SignedContent, { secretKey, region }: { secretKey: string; region: string }) {
  const scope = signingScope(content.time, region);
  const toSign = [SIGNATURE_ALGORITHM, content.time, scope, hash("sha256", canonicalRequest(content))].join("\n");
  const signingKey = scope.split("/").reduce<Buffer>(hmac, Buffer.from(`AWS4${secretKey}`));
  return hmac(signingKey, toSign).toString("hex");
}

function canonicalRequest({ method, path, query, headers, payloadHash }: SignedContent): string {
  const pairs = Array.from(query, ([name, value]) => `${encode(name)}=${encode(value)}`).toSorted();
  const signed = [...headers];
  return [
    method,
    path,
    pairs.join("&"),
    ...signed.map(([name, value]) => `${name}:${value.trim()}`),
    "",
    signed.map(([name]) => name).join(";"),
    payloadHash,
  ].join("\n");
}

/** RFC 3986: only letters, digits, and - . _ ~ stay as they are. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

const hmac = (key: Buffer, text: string) => createHmac("sha256", key).update(text).digest();
