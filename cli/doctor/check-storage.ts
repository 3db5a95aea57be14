/** Checks whether the worker can read a picture from the object storage. */
import type { WorkerConfig } from "../../lib/config.ts";
import { FinalError, TransientError } from "../../lib/errors.ts";
import { openStorage } from "../../lib/providers/storage/storage.ts";
import { ok, TIMEOUT_MS, warning, wrong, type Finding } from "./finding.ts";
import type { Trouble } from "./dependency.ts";

const WHAT = "Object storage";

/** Reads the object of this key, as the worker would. */
export async function checkStorage(config: WorkerConfig, key: string | undefined): Promise<readonly Finding[]> {
  if (key === undefined)
    return [warning(WHAT, "not read", "name an object that exists: npx kyc doctor --key kyc/456/passport.jpg")];
  const storage = openStorage(config, { timeoutMs: TIMEOUT_MS });
  try {
    const bytes = await storage.fetchImage(key, "passport", AbortSignal.timeout(2 * TIMEOUT_MS));
    return [ok(WHAT, `read ${bytes.length} bytes`)];
  } catch (error) {
    return [wrong(WHAT, explain(error, key, config.S3_BUCKET))];
  }
}

function explain(error: unknown, key: string, bucket: string): Trouble {
  if (!(error instanceof FinalError) && !(error instanceof TransientError))
    return { detail: "cannot be asked", fix: "check S3_ENDPOINT and S3_REGION" };
  const { reason, facts } = error;
  const { status, code, cause } = facts;
  const answer = `HTTP ${String(status)} ${String(code)}`;
  if (reason === "image_not_found")
    return {
      detail: `the object ${key} is not in the bucket ${bucket}`,
      fix: "name an object that exists, or check S3_BUCKET",
    };
  if (reason === "image_too_large")
    return {
      detail: `the object ${key} is larger than MAX_IMAGE_BYTES`,
      fix: "name another object, or raise MAX_IMAGE_BYTES",
    };
  if (code === "NoSuchBucket")
    return { detail: `there is no bucket ${bucket}`, fix: "set S3_BUCKET to the backend's bucket, or create it" };
  if (cause === "clock")
    return { detail: `refuses the time of the request (${answer})`, fix: "set the clocks of both machines right" };
  if (reason === "storage_refused") return { detail: `refuses access (${answer})`, fix: fixOf(String(code)) };
  return status === undefined
    ? { detail: `cannot be reached (${String(cause)})`, fix: "check S3_ENDPOINT, and that the storage runs" }
    : { detail: `does not answer as it should (${answer})`, fix: "look at the storage's log" };
}

const FIXES: Readonly<Record<string, string>> = {
  SignatureDoesNotMatch: "check S3_SECRET_KEY and S3_REGION",
  InvalidAccessKeyId: "check S3_ACCESS_KEY",
  AccessDenied: "check S3_ACCESS_KEY, and let that key read the bucket",
  AuthorizationHeaderMalformed: "check S3_REGION",
};

const fixOf = (code: string) =>
  FIXES[code] ?? "check S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION and what that key may read";
