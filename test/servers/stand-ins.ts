/** The stand-ins of the three providers, with what the service's clients have to know to reach them. */
import { createComprefaceServer } from "../../dev/stand-ins/compreface/compreface.ts";
import { createGeminiServer } from "../../dev/stand-ins/gemini/gemini.ts";
import { createObjectStorage } from "../../dev/stand-ins/object-storage/object-storage.ts";

export const MODEL = "gemini-3-flash-preview";
/** The API key of Gemini and of CompreFace. */
export const KEY = "6a2e9c1e-58c4-4d0f-9d6c-2f8f5b8f3a11";
export const BUCKET = {
  accessKey: "GK31c2f218a2e44f485b94239e",
  secretKey: "b8".repeat(32),
  region: "garage",
  bucket: "kyc",
};

export type StandIns = Awaited<ReturnType<typeof startStandIns>>;

/** Starts them. They answer at once. */
export async function startStandIns() {
  const [garage, gemini, compreface] = await Promise.all([
    createObjectStorage(BUCKET),
    createGeminiServer({ apiKey: KEY, model: MODEL, latencyMs: 0 }),
    createComprefaceServer({ apiKey: KEY, latencyMs: 0 }),
  ]);
  return {
    garage,
    gemini,
    compreface,
    close: () => Promise.all([garage, gemini, compreface].map((one) => one.close())),
  };
}
