/**
 * Checks signatures as Garage 1.2 does. The checks come in Garage's order: form and age, signed headers, scope (day and
 * region), key, signature. So a request that is wrong in two ways gets Garage's answer.
 */
import { hash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import * as z from "zod/mini";
import type { Call } from "../server.ts";
import { StorageError, badRequest, forbidden } from "./errors.ts";
import { SIGNATURE_ALGORITHM, UNSIGNED_PAYLOAD, signatureOf, signingScope } from "./sigv4.ts";

const WEEK_S = 7 * 24 * 3600;
const DAY_S = 24 * 3600;

/** The only key that the storage knows, its region, and its clock. */
export interface Credentials {
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly now: () => Date;
}

type ReceivedRequest = Pick<Call, "method" | "path" | "headers"> & { readonly query: string };

/** What a request says about its own signature. */
const claimSchema = z.object({
  algorithm: z.literal(SIGNATURE_ALGORITHM),
  /** The key's id, a slash, and the scope. */
  credential: z.string().check(z.includes("/")),
  signedHeaders: z.pipe(
    z.string(),
    z.transform((names: string) => names.toLowerCase().split(";").toSorted()),
  ),
  signature: z.string(),
  payloadHash: z.string().check(z.regex(/^(UNSIGNED-PAYLOAD|[0-9a-f]{64})$/)),
  time: z.string().check(z.regex(/^\d{8}T\d{6}Z$/)),
  maxAgeS: z.coerce.number().check(z.lte(WEEK_S)),
});

type Claim = z.infer<typeof claimSchema>;

/**
 * Accepts a signature in the query (a presigned URL) or in the headers. Returns the hash that the body must have.
 *
 * @throws StorageError with Garage's answer.
 */
export function authenticate(request: ReceivedRequest, credentials: Credentials): { readonly payloadHash: string } {
  const query = new URLSearchParams(request.query);
  const { headers } = request;
  if (!query.has("X-Amz-Algorithm") && headers.authorization === undefined) {
    throw forbidden("Garage does not support anonymous access yet");
  }
  const claim = claimSchema.safeParse(query.has("X-Amz-Algorithm") ? inQuery(query) : inHeaders(headers)).data;
  if (claim === undefined) throw badRequest("The signature is malformed");
  checkAge(claim, credentials.now());
  checkSignedHeaders(claim, headers);
  checkSignature(claim, request, query, credentials);
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

/** Garage allows no grace for clocks that differ. A time in the future passes. */
function checkAge({ time, maxAgeS }: Claim, now: Date): void {
  const signedAt = Date.parse(time.replace(/^(....)(..)(..T..)(..)/, "$1-$2-$3:$4:"));
  if (!(now.getTime() - signedAt <= maxAgeS * 1000)) throw badRequest("Date is too old");
}

function checkSignedHeaders({ signedHeaders }: Claim, headers: IncomingHttpHeaders): void {
  for (const name of ["host", ...Object.keys(headers).filter((header) => header.startsWith("x-amz-"))]) {
    if (!signedHeaders.includes(name)) throw badRequest(`Header \`${name}\` should be signed`);
  }
}

function checkSignature(claim: Claim, request: ReceivedRequest, query: URLSearchParams, credentials: Credentials) {
  const slash = claim.credential.indexOf("/");
  const scope = claim.credential.slice(slash + 1);
  if (scope !== signingScope(claim.time, credentials.region)) {
    const message = `Authorization header malformed, unexpected scope: ${scope}`;
    throw new StorageError(400, "AuthorizationHeaderMalformed", message);
  }
  const keyId = claim.credential.slice(0, slash);
  if (keyId !== credentials.accessKey) throw forbidden(`No such key: ${keyId}`);
  const headers = claim.signedHeaders.map((name) => [name, [request.headers[name] ?? ""].flat().join(",")] as const);
  const signed = [...query].filter(([name]) => name !== "X-Amz-Signature");
  const { method, path } = request;
  const expected = signatureOf({ ...claim, method, path, query: signed, headers }, credentials);
  if (claim.signature !== expected) throw forbidden("Invalid signature");
}

/** @throws StorageError when the body is not the one that was signed. */
export function checkBody(body: Uint8Array, payloadHash: string): void {
  if (payloadHash === UNSIGNED_PAYLOAD || hash("sha256", body) === payloadHash) return;
  const message = "Invalid digest: SHA256 checksum verification failed (from x-amz-content-sha256)";
  throw new StorageError(400, "InvalidDigest", message);
}
