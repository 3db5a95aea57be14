/**
 * Checks signatures as Garage 1.2 does. The checks come in Garage's order, so that a request that is wrong in two ways
 * gets Garage's answer: the query and the expiry, the signed headers, the scope (day and region), the key, the signature.
 */
import type { IncomingHttpHeaders } from "node:http";
import { StorageError, badRequest, forbidden } from "./errors.ts";
import { SIGNATURE_ALGORITHM, UNSIGNED_PAYLOAD, sameSignature, sha256Hex, signatureOf, signingScope } from "./sigv4.ts";

const WEEK_S = 7 * 24 * 3600;
const DAY_S = 24 * 3600;

/** The only key that the storage knows, the region that it is in, and its clock. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly now: () => Date;
}

interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: IncomingHttpHeaders;
}

/** What a request says about its own signature. */
interface Claim {
  /** The key's id, a slash, and the scope. */
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly payloadHash: string;
  readonly time: string;
}

/** By lower-case name; the name as written is what was signed. */
type Query = ReadonlyMap<string, { readonly name: string; readonly value: string }>;

/**
 * Lets pass what is signed, in the query (a presigned URL) or in the headers, and returns the hash that the body must
 * have, if it is to have one.
 *
 * @throws StorageError with Garage's answer.
 */
export function authenticate(request: ReceivedRequest, credentials: Credentials): { payloadHash: string | undefined } {
  const query = parseQuery(request.query);
  const presigned = query.has("x-amz-algorithm");
  if (!presigned && request.headers.authorization === undefined) {
    throw forbidden("Garage does not support anonymous access yet");
  }
  const claim = presigned
    ? presignedClaim(query, credentials.now())
    : headerClaim(request.headers, request.headers.authorization ?? "", credentials.now());
  if (!claim.credential.includes("/")) refuse("Credentials does not contain '/' in authorization field");
  checkSignedHeaders(claim, request.headers);
  checkSignature(claim, request, query, credentials);
  return { payloadHash: expectedHash(claim.payloadHash) };
}

function parseQuery(text: string): Query {
  const query = new Map<string, { name: string; value: string }>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (query.has(name.toLowerCase())) throw badRequest(`duplicate query parameter: \`${name}\``);
    query.set(name.toLowerCase(), { name, value });
  }
  return query;
}

function presignedClaim(query: Query, now: Date): Claim {
  const required = (name: string, missing = `${name} not found in query parameters`) =>
    query.get(name.toLowerCase())?.value ?? refuse(missing);
  if (required("X-Amz-Algorithm") !== SIGNATURE_ALGORITHM) refuse("Unsupported authorization method");
  const claim = readClaim(required, "X-Amz-");
  const expires = required("X-Amz-Expires");
  if (!/^[+-]?\d+$/.test(expires)) refuse("X-Amz-Expires is not a number");
  if (Number(expires) > WEEK_S) refuse("X-Amz-Expires may not exceed a week");
  const time = required("X-Amz-Date", "Missing X-Amz-Date field");
  checkAge(time, now, Number(expires));
  return { ...claim, payloadHash: UNSIGNED_PAYLOAD, time };
}

function headerClaim(headers: IncomingHttpHeaders, authorization: string, now: Date): Claim {
  const [method, ...rest] = authorization.split(" ");
  if (rest.length === 0) refuse("Authorization field to short");
  if (method !== SIGNATURE_ALGORITHM) refuse("Unsupported authorization method");
  const fields = new Map<string, string>();
  for (const part of rest.join(" ").split(",")) {
    const [name, ...value] = part.trim().split("=");
    if (name === undefined || value.length === 0) refuse("Field without value in authorization header");
    else fields.set(name, value.join("="));
  }
  const claim = readClaim((name) => fields.get(name) ?? refuse(`Could not find ${name} in Authorization field`), "");
  const payloadHash = headers["x-amz-content-sha256"];
  if (typeof payloadHash !== "string") return refuse("Missing X-Amz-Content-Sha256 field");
  const time = headers["x-amz-date"];
  if (typeof time !== "string") return refuse("Missing X-Amz-Date field");
  checkAge(time, now, DAY_S);
  return { ...claim, payloadHash, time };
}

/** What both kinds of signed requests say, in the order in which Garage reads it. */
function readClaim(required: (name: string) => string, prefix: string) {
  const credential = required(`${prefix}Credential`);
  const signedHeaders = required(`${prefix}SignedHeaders`).toLowerCase().split(";").toSorted();
  const signature = required(`${prefix}Signature`);
  return { credential, signedHeaders, signature };
}

function refuse(message: string): never {
  throw badRequest(message);
}

/** No grace for clocks that differ; a time in the future passes. */
function checkAge(time: string, now: Date, maxAgeS: number): void {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(time);
  const signedAt = parts && Date.parse(`${parts.slice(1, 4).join("-")}T${parts.slice(4).join(":")}Z`);
  if (!signedAt) throw badRequest("Invalid date: input contains invalid characters");
  if (now.getTime() - signedAt > maxAgeS * 1000) throw badRequest("Date is too old");
}

function checkSignedHeaders({ signedHeaders }: Claim, headers: IncomingHttpHeaders): void {
  if (!signedHeaders.includes("host")) throw badRequest("Header `Host` should be signed");
  for (const name of Object.keys(headers)) {
    if (name.startsWith("x-amz-") && !signedHeaders.includes(name)) {
      throw badRequest(`Header \`${name}\` should be signed`);
    }
  }
}

function checkSignature(claim: Claim, request: ReceivedRequest, query: Query, credentials: Credentials): void {
  const headers = claim.signedHeaders.map((name): [string, string] => {
    const value = request.headers[name];
    if (value === undefined) throw badRequest(`signed header \`${name}\` is not present`);
    return [name, typeof value === "string" ? value : value.join(",")];
  });
  const slash = claim.credential.indexOf("/");
  const scope = claim.credential.slice(slash + 1);
  if (scope !== signingScope(claim.time, credentials.region)) {
    throw new StorageError(
      400,
      "AuthorizationHeaderMalformed",
      `Authorization header malformed, unexpected scope: ${scope}`,
    );
  }
  const keyId = claim.credential.slice(0, slash);
  if (keyId !== credentials.accessKey) throw forbidden(`No such key: ${keyId}`);
  const expected = signatureOf(
    {
      method: request.method,
      path: request.path,
      query: [...query].filter(([name]) => name !== "x-amz-signature").map(([, { name, value }]) => [name, value]),
      headers,
      payloadHash: claim.payloadHash,
      time: claim.time,
    },
    credentials,
  );
  if (!sameSignature(expected, claim.signature)) throw forbidden("Invalid signature");
}

/** Bodies in signed chunks, which Garage reads only in its newer versions, are refused as in its older ones. */
function expectedHash(payloadHash: string): string | undefined {
  if (payloadHash === UNSIGNED_PAYLOAD) return undefined;
  if (payloadHash.startsWith("STREAMING-")) throw badRequest("invalid or unsupported x-amz-content-sha256");
  if (!/^[0-9a-f]{64}$/i.test(payloadHash)) throw badRequest("Invalid content sha256 hash");
  return payloadHash.toLowerCase();
}

/** @throws StorageError when the body is not the one that was signed. */
export function checkBody(body: Uint8Array, payloadHash: string | undefined): void {
  if (payloadHash === undefined || sha256Hex(body) === payloadHash) return;
  const message = "Invalid digest: SHA256 checksum verification failed (from x-amz-content-sha256)";
  throw new StorageError(400, "InvalidDigest", message);
}
