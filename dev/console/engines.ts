/** What reads and compares on this machine, in plain words: no model's name stands over the answer of a stand-in. */
import type { Dependencies } from "../stack/dependencies.ts";
import { LOCAL_READER } from "../stand-ins/local-reader/local-reader.ts";

type StackEngines = Pick<Dependencies, "gemini" | "compreface" | "environment">;

/** The engines of a stack, as the page names them. */
export function describeEngines(stack: StackEngines) {
  const { gemini, compreface, environment } = stack;
  const model = environment["GEMINI_MODEL"] || "gemini-3-flash-preview";
  const isLocal = /^https?:\/\/(127\.0\.0\.1|localhost)[:/]/.test(environment["S3_ENDPOINT"] ?? "");
  const reads = gemini
    ? "A small local reader reads your passport in place of Gemini. It can read less, and no stamps."
    : `Gemini (${model}) reads your passport: the picture goes to Google.`;
  const stays = isLocal && gemini && compreface ? " Your pictures stay on this machine." : "";
  const missing = `${gemini ? "GEMINI_API_KEY=… " : ""}${compreface ? "COMPREFACE_URL=… COMPREFACE_API_KEY=… " : ""}`;
  const readers: Readonly<Record<string, string>> = gemini
    ? { [LOCAL_READER]: "the local reader", [model]: "the stand-in of Gemini" }
    : {};
  return {
    /** Names by the model that an answer carries: what answered instead of it. Empty with the real Gemini. */
    readers,
    /** Who answers for Gemini about sample pictures, at the beginning of a sentence. */
    gemini: gemini ? "The stand-in of Gemini" : "Gemini",
    /** What happens here to somebody's own pictures. */
    own: `${reads} ${whoCompares(stack)}${stays}`,
    /** The one step to the real engines; `null` if both are there. */
    toReal: missing === "" ? null : `${missing}npm start`,
  };
}

function whoCompares({ compreface, environment }: StackEngines): string {
  if (compreface) return "A local face engine compares the faces in place of CompreFace.";
  if (environment["COMPREFACE_API_KEY"]) return "CompreFace compares the faces.";
  return "Gemini compares the faces, because COMPREFACE_API_KEY is not set.";
}
