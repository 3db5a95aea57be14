/**
 * Checks signatures (AWS Signature Version 4) as Garage 1.2 does. The checks come in Garage's order: form and age, signed
 * headers, scope (day and region), key, signature. So a request that is wrong in two ways gets Garage's answer.
 */
import { createHmac, hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { escapeUri } from "@smithy/core/protocols";
import * as z from "zod/mini";
import type { Call } from "../server.ts";
import { StorageError, badRequest, forbidden } from "./errors.ts";

const ALGORITHM = "AWS4-HMAC-SHA256";
const UNSIGNED_PAYLOAD = "UNSIGNED-PAYLOAD";
const DAY_S = 24 * 3600;

/** The only key that the storage knows, its region, and its clock. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly now: () => Date;
}

/** What a request says about its own signature. */
const claimSchema = z.object({
  algorithm: z.literal(ALGORITHM),
  /** The key's id, a slash, and the scope. */
  credential: z.string().check(z.includes("/")),
  signedHeaders: z.pipe(
    z.string(),
    z.transform((names: string) => names.toLowerCase().split(";").toSorted()),
  ),
  signature: z.string(),
  payloadHash: z.string().check(z.regex(/^(UNSIGNED-PAYLOAD|[0-9a-f]{64})$/)),
  time: z.string().check(z.regex(/^\d{8}T\d{6}Z$/)),
  maxAgeS: z.coerce.number().check(z.lte(7 * DAY_S)),
});

type Claim = z.infer<typeof claimSchema>;

/**
 * Accepts a signature in the query (a presigned URL) or in the headers, and the body if it is the one that was signed.
 *
 * @throws StorageError with Garage's answer.
 */
export function authenticate(call: Call, { accessKey, secretKey, region, now }: Credentials): Claim {
  const { query, headers } = call;
  const isPresigned = query.has("X-Amz-Algorithm");
  if (!isPresigned && headers.authorization === undefined) {
    throw forbidden("Garage does not support anonymous access yet");
  }
  const claim = claimSchema.safeParse(isPresigned ? inQuery(query) : inHeaders(headers)).data;
  if (claim === undefined) throw badRequest("The signature is malformed");
  const { time, maxAgeS, signedHeaders, credential } = claim;
  // Garage allows no grace for clocks that differ. A time in the future passes.
  const signedAt = Date.parse(time.replace(/^(....)(..)(..T..)(..)/, "$1-$2-$3:$4:"));
  if (!(now().getTime() - signedAt <= maxAgeS * 1000)) throw badRequest("Date is too old");
  for (const name of ["host", ...Object.keys(headers).filter((header) => header.startsWith("x-amz-"))]) {
    if (!signedHeaders.includes(name)) throw badRequest(`Header \`${name}\` should be signed`);
  }
  const [keyId = "", ...scope] = credential.split("/");
  if (scope.join("/") !== `${time.slice(0, 8)}/${region}/s3/aws4_request`) {
    const message = `Authorization header malformed, unexpected scope: ${scope.join("/")}`;
    throw new StorageError(400, "AuthorizationHeaderMalformed", message);
  }
  if (keyId !== accessKey) throw forbidden(`No such key: ${keyId}`);
  if (claim.signature !== signatureOf(call, claim, scope, secretKey)) throw forbidden("Invalid signature");
  return claim;
}

function inQuery(query: URLSearchParams) {
  return {
    algorithm: query.get("X-Amz-Algorithm"),
    credential: query.get("X-Amz-Credential"),
    signedHeaders: query.get("X-Amz-SignedHeaders"),
    signature: query.get("X-Amz-Signature"),
    payloadHash: UNSIGNED_PAYLOAD,
    time: query.get("X-Amz-Date"),
    maxAgeS: query.get("X-Amz-Expires") ?? undefined,
  };
}

/** Bodies in signed chunks are refused, as in Garage's older versions: their hash is not one. */
function inHeaders({ authorization = "", ...headers }: IncomingHttpHeaders) {
  const [algorithm, ...fields] = authorization.split(/,? +|,/);
  const field = (name: string) => fields.find((text) => text.startsWith(`${name}=`))?.slice(name.length + 1);
  return {
    algorithm,
    credential: field("Credential"),
    signedHeaders: field("SignedHeaders"),
    signature: field("Signature"),
    payloadHash: headers["x-amz-content-sha256"],
    time: headers["x-amz-date"],
    maxAgeS: DAY_S,
  };
}

/** The signature that the holder of the secret key would put on the call. S3 signs the path as it is sent. */
function signatureOf({ method, path, query, headers }: Call, claim: Claim, scope: readonly string[], secret: string) {
  const { signedHeaders, payloadHash, time } = claim;
  const pairs = [...query].filter(([name]) => name !== "X-Amz-Signature");
  const canonicalRequest = [
    method,
    path,
    pairs
      .map(([name, value]) => `${escapeUri(name)}=${escapeUri(value)}`)
      .toSorted()
      .join("&"),
    ...signedHeaders.map((name) => `${name}:${String(headers[name] ?? "").trim()}`),
    "",
    signedHeaders.join(";"),
    payloadHash,
  ].join("\n");
  const hmac = (key: string | Buffer, text: string) => createHmac("sha256", key).update(text).digest();
  const signingKey = scope.reduce<string | Buffer>(hmac, `AWS4${secret}`);
  return hmac(signingKey, [ALGORITHM, time, scope.join("/"), hash("sha256", canonicalRequest)].join("\n")).toString(
    "hex",
  );
}

/** @throws StorageError when the body is not the one that was signed. */
export function checkBody(body: Uint8Array, payloadHash: string): void {
  if (payloadHash === UNSIGNED_PAYLOAD || hash("sha256", body) === payloadHash) return;
  const message = "Invalid digest: SHA256 checksum verification failed (from x-amz-content-sha256)";
  throw new StorageError(400, "InvalidDigest", message);
}
