/** Opens the worker's providers, each behind its own circuit breaker. */
import { createCircuit } from "../lib/providers/circuit.ts";
import { createCompreface, type Compreface } from "../lib/providers/compreface/compreface.ts";
import type { WorkerConfig } from "../lib/config.ts";
import { createGemini, type Gemini } from "../lib/providers/gemini/gemini.ts";
import type { Logger } from "../lib/observe/logger.ts";
import { openStorage, type Storage } from "../lib/providers/storage/storage.ts";

/** How long jobs wait for CompreFace if there is a fallback: about the time that CompreFace needs to restart. */
const PATIENCE_WITH_FALLBACK_MS = 30_000;

/** Opens the configured providers. */
export function openProviders(config: WorkerConfig, { log }: { readonly log: Logger }) {
  // Jobs wait for half of the record's time. The other half is left for attempts.
  const patienceMs = (config.KYC_STUCK_TIMEOUT_MIN * 60_000) / 2;
  const onChange = (provider: string) => (circuit: "open" | "closed") =>
    log.warn({ provider, circuit }, circuit === "open" ? "a provider is down: jobs wait for it" : "a provider is back");

  const storage = openStorage(config);
  const storageCircuit = createCircuit({
    outages: ["storage_unavailable"],
    patienceMs,
    onChange: onChange("storage"),
  });

  const gemini = createGemini({
    apiKey: config.GEMINI_API_KEY,
    model: config.GEMINI_MODEL,
    baseUrl: config.GEMINI_BASE_URL,
    timeoutMs: config.GEMINI_TIMEOUT_MS,
  });
  const geminiCircuit = createCircuit({ outages: ["ocr_unavailable"], patienceMs, onChange: onChange("gemini") });

  const compreface = openCompreface(config);
  const comprefaceCircuit = createCircuit({
    outages: ["face_match_unavailable", "face_match_misconfigured"],
    patienceMs: config.FACE_MATCH_FALLBACK === "on" ? Math.min(patienceMs, PATIENCE_WITH_FALLBACK_MS) : patienceMs,
    onChange: onChange("compreface"),
  });

  return {
    storage: {
      ...storage,
      fetchImage: (...call) => storageCircuit.run(() => storage.fetchImage(...call)),
    } satisfies Storage,
    gemini: {
      ...gemini,
      ask: (...call) => geminiCircuit.run(() => gemini.ask(...call)),
    } satisfies Gemini,
    /** Throws while Gemini's circuit is open. */
    checkGemini: geminiCircuit.check,
    compreface: compreface && {
      ...compreface,
      compare: (...call: Parameters<Compreface["compare"]>) => comprefaceCircuit.run(() => compreface.compare(...call)),
    },
  };
}

/** The providers that the pipeline uses. */
export type Providers = ReturnType<typeof openProviders>;

function openCompreface(config: WorkerConfig): Compreface | undefined {
  if (config.COMPREFACE_API_KEY === undefined) return undefined;
  return createCompreface({
    url: config.COMPREFACE_URL,
    apiKey: config.COMPREFACE_API_KEY,
    timeoutMs: config.COMPREFACE_TIMEOUT_MS,
  });
}
