/** Checks whether CompreFace compares faces for this service, and says which engine decides. */
import { boundedFetch } from "../../lib/providers/bounded-fetch.ts";
import type { WorkerConfig } from "../../lib/config.ts";
import { createCompreface, type Compreface } from "../../lib/providers/compreface/compreface.ts";
import { FinalError, TransientError } from "../../lib/errors.ts";
import { ok, TIMEOUT_MS, warning, wrong, type Finding } from "./finding.ts";
import type { Trouble } from "./dependency.ts";

/** A grey picture. With a valid key, CompreFace answers that it finds no face in it. */
const GREY_JPEG = Buffer.from(
  "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAP//////////////////////////////////////////////////////////////////////////////////////wgALCAABAAEBAREA/8QAFBABAAAAAAAAAAAAAAAAAAAAAP/aAAgBAQABPxA=",
  "base64",
);

/** Checks CompreFace's health and key, and the threshold. Throws if CompreFace cannot be reached at all. */
export async function checkCompreface(config: WorkerConfig): Promise<readonly Finding[]> {
  const { COMPREFACE_API_KEY: apiKey, COMPREFACE_URL: url, FACE_MATCH_THRESHOLD: threshold } = config;
  if (apiKey === undefined) {
    const fix = "create a verification service in CompreFace and set its key; until then, Gemini compares the faces";
    return [warning("CompreFace", "COMPREFACE_API_KEY is not set", fix)];
  }
  const compreface = createCompreface({ url, apiKey, timeoutMs: TIMEOUT_MS });
  if (await compreface.checkHealth(AbortSignal.timeout(TIMEOUT_MS)))
    return [ok("CompreFace", "its recognition core answers"), await checkKey(compreface), checkThreshold(threshold)];
  // The health check does not say why it failed. If no server listens at the address, this request throws the cause.
  const response = await boundedFetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.body?.cancel();
  const fix = "check COMPREFACE_URL and that compreface-core runs; it takes a minute to start";
  return [wrong("CompreFace", { detail: "its health check does not answer", fix }), checkThreshold(threshold)];
}

function checkThreshold(threshold: number): Finding {
  const what = "Face match threshold";
  if (threshold >= 0.5 && threshold < 0.995) return ok(what, String(threshold));
  const fix =
    "CompreFace's scores are calibrated so that 0.5 separates matches from mismatches: choose between 0.5 and 0.99";
  return warning(what, String(threshold), fix);
}

async function checkKey(compreface: Compreface): Promise<Finding> {
  const what = "CompreFace key";
  const picture = (role: "passport" | "selfie") => ({ role, jpeg: GREY_JPEG, width: 1, height: 1 });
  const fine = ok(what, "belongs to a verification service");
  try {
    await compreface.compare(picture("passport"), picture("selfie"), AbortSignal.timeout(TIMEOUT_MS));
    return fine;
  } catch (error) {
    return error instanceof FinalError && error.reason === "face_not_found" ? fine : wrong(what, explain(error));
  }
}

function explain(error: unknown): Trouble {
  if (error instanceof TransientError && error.reason === "face_match_misconfigured")
    return {
      detail: "CompreFace refuses the key",
      fix: "put the API key of a service of type VERIFICATION into COMPREFACE_API_KEY",
    };
  const facts = error instanceof TransientError ? error.facts : {};
  const why = facts["status"] === undefined ? (facts["cause"] ?? "no answer") : `HTTP ${String(facts["status"])}`;
  return {
    detail: `CompreFace does not compare (${String(why)})`,
    fix: "look at the logs of compreface-api and compreface-core",
  };
}

/** Says which engine compares the faces under these settings. */
export function describeEngine(config: WorkerConfig): Finding {
  const { COMPREFACE_API_KEY: apiKey, FACE_MATCH_THRESHOLD: threshold, FACE_MATCH_FALLBACK: fallback } = config;
  const what = "Face match";
  if (apiKey === undefined) return ok(what, "Gemini compares the faces, and every match asks for a human look");
  return fallback === "on"
    ? ok(what, `CompreFace decides (threshold ${threshold}); Gemini if it fails on a job's last attempt`)
    : ok(what, `CompreFace decides (threshold ${threshold}), without a fallback`);
}
