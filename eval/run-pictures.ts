/** The part of the eval that asks a model: drawn passports, through the service's own code. */
import { SECTIONS } from "../lib/settings.ts";
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod/mini";
import type { Environment } from "../lib/config.ts";
import { createGemini } from "../lib/providers/gemini/gemini.ts";
import { createImagePreparation } from "../lib/images/images.ts";
import { createOcr } from "../lib/providers/gemini/ocr.ts";
import { drawPassportPhoto } from "../dev/samples/drawing/draw.ts";
import { samplePassport } from "../dev/samples/passports.ts";
import { STATE_PROFILES } from "../dev/samples/states.ts";
import { readPictures, type PictureEvent } from "./read-pictures.ts";
import { reportPictures } from "./report-pictures.ts";

/** One passport of every state that samples are drawn of. */
export const PICTURES_BY_DEFAULT = STATE_PROFILES.length;

const geminiConfig = z.object(SECTIONS.gemini);

interface PicturesOptions {
  readonly environment: Environment;
  readonly count: number;
  /** The number of the first sample passport. */
  readonly seed: number;
  /** The width of the drawn photos; a phone's 12 megapixels by default. */
  readonly widthPx?: number;
  readonly wait?: (durationMs: number) => Promise<unknown>;
  readonly onEvent: (event: PictureEvent) => void;
}

/** Whether the environment names a key to ask a model with. */
export const canReadPictures = ({ GEMINI_API_KEY }: Environment): boolean => Boolean(GEMINI_API_KEY);

/** Draws, sends, measures. Returns the report. */
export async function runPictures({ environment, count, seed, widthPx, wait = delay, onEvent }: PicturesOptions) {
  const config = geminiConfig.parse(environment);
  const gemini = createGemini({
    apiKey: config.GEMINI_API_KEY,
    model: config.GEMINI_MODEL,
    baseUrl: config.GEMINI_BASE_URL,
    timeoutMs: config.GEMINI_TIMEOUT_MS,
  });
  const outcomes = await readPictures({
    passports: Array.from({ length: count }, (_, index) => samplePassport(seed + index)),
    draw: (passport) => drawPassportPhoto({ passport, ...(widthPx !== undefined && { widthPx }) }),
    images: createImagePreparation({ maxPixels: 64_000_000 }),
    ocr: createOcr({ gemini }),
    today: new Date(),
    wait,
    onEvent,
  });
  return reportPictures(outcomes, gemini.model);
}
