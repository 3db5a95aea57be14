/** What reads and compares on this machine, in plain words: no model's name stands over the answer of a stand-in. */
import type { Dependencies } from "../stack/dependencies.ts";
import { LOCAL_READER } from "../stand-ins/local-reader/local-reader.ts";

/** The engines as the page names them. */
export interface Engines {
  /** Names by the model that an answer carries: what answered instead of it. Empty with the real Gemini. */
  readonly readers: Readonly<Record<string, string>>;
  /** Who answers for Gemini about sample pictures, at the beginning of a sentence. */
  readonly gemini: string;
  /** What happens here to somebody's own pictures. */
  readonly own: string;
  /** The one step to the real engines; `null` if both are there. */
  readonly toReal: string | null;
}

type StackEngines = Pick<Dependencies, "gemini" | "compreface" | "environment">;

/** Describes the engines of a stack. */
export function describeEngines({ gemini, compreface, environment }: StackEngines): Engines {
  const model = environment["GEMINI_MODEL"] || "gemini-3-flash-preview";
  const isGeminiReal = gemini === undefined;
  const isComprefaceReal = compreface === undefined;
  const reads = isGeminiReal
    ? `Gemini (${model}) reads your passport: the picture goes to Google.`
    : "A small local reader reads your passport in place of Gemini. It can read less, and no stamps.";
  const compares = !isComprefaceReal
    ? "A local face engine compares the faces in place of CompreFace."
    : environment["COMPREFACE_API_KEY"]
      ? "CompreFace compares the faces."
      : "Gemini compares the faces, because COMPREFACE_API_KEY is not set.";
  const isStorageLocal = /^https?:\/\/(127\.0\.0\.1|localhost)[:/]/.test(environment["S3_ENDPOINT"] ?? "");
  const stays = isStorageLocal && !isGeminiReal && !isComprefaceReal ? " Your pictures stay on this machine." : "";
  const missing = [
    ...(isGeminiReal ? [] : ["GEMINI_API_KEY=…"]),
    ...(isComprefaceReal ? [] : ["COMPREFACE_URL=…", "COMPREFACE_API_KEY=…"]),
  ];
  return {
    readers: isGeminiReal ? {} : { [LOCAL_READER]: "the local reader", [model]: "the stand-in of Gemini" },
    gemini: isGeminiReal ? "Gemini" : "The stand-in of Gemini",
    own: `${reads} ${compares}${stays}`,
    toReal: missing.length === 0 ? null : `${missing.join(" ")} npm start`,
  };
}
