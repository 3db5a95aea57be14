/**
 * Measures the reader on drawn pages: how many lines it reads exactly and is sure of, and how many it is sure of and wrong.
 *
 * Thresholds are chosen on every other page of a kind; the figures of the rest say how good they are.
 */
import { decodePixels } from "../../lib/images/pixels.ts";
import { openNetworks } from "../../lib/reader/networks.ts";
import { readPage, type PageRead } from "../../lib/reader/read-page.ts";
import { type SamplePassport, samplePassport } from "../../dev/samples/passports.ts";
import { STATE_PROFILES } from "../../dev/samples/states.ts";
import { DEGRADATIONS, degrade, type Degradation } from "./degradations.ts";
import { drawPage } from "./draw-page.ts";
import { NEGATIVES } from "./negatives.ts";
import { createPageRules, type PageRulesRow } from "./page-rules.ts";

/** How one page was read. */
export interface PageResult {
  /** What is wrong with the picture, or what it shows instead of a passport. */
  readonly kind: string;
  readonly isPassport: boolean;
  /** Whether thresholds may be chosen on it. */
  readonly isForChoosing: boolean;
  readonly exact: number;
  readonly sure: number;
  /** Lines that the reader was sure of and that stand otherwise on the page. */
  readonly mistakes: readonly { readonly read: string; readonly printed: string | null }[];
  readonly isFound: boolean;
  readonly isUprightRight: boolean;
  readonly processorMs: number;
}

/** All pages, and what the rules made of them beside a model that is wrong. */
export interface PagesSummary {
  readonly results: readonly PageResult[];
  readonly rules: readonly PageRulesRow[];
}

interface PagesOptions {
  readonly pages: number;
  readonly negatives: number;
  readonly seed: number;
  readonly onProgress: (done: number, of: number) => void;
}

/** Draws, degrades, reads, and takes what was read through the rules. */
export async function runPages({ pages, negatives, seed, onProgress }: PagesOptions): Promise<PagesSummary> {
  // One day for the whole run: the samples depend on it, and a run may pass midnight.
  const today = new Date();
  const rules = createPageRules(today);
  const networks = await openNetworks();
  const results: PageResult[] = [];
  const all = pages + negatives;
  const perState = Math.ceil(pages / STATE_PROFILES.length);
  for (let number = 0; number < pages; number++) {
    // A state's pages are drawn once for the degradations that leave the drawing as it is.
    const passport = samplePassport(seed + Math.floor(number / perState), today);
    const degradation = DEGRADATIONS[number % DEGRADATIONS.length];
    if (degradation === undefined) continue;
    const page = await drawnPage(passport, degradation);
    const { jpeg, turn } = await degrade(degradation, page, seed * 100_000 + number);
    const { read, processorMs } = await readMeasured(networks, jpeg);
    results.push(judge(read, { kind: degradation.name, mrz: passport.mrz, turn, number, processorMs }));
    rules.add(passport, read);
    onProgress(results.length, all);
  }
  for (let number = 0; number < negatives; number++) {
    const negative = NEGATIVES[number % NEGATIVES.length];
    if (negative === undefined) continue;
    const { read, processorMs } = await readMeasured(
      networks,
      await negative.draw(samplePassport(seed + 500 + number, today)),
    );
    results.push(judge(read, { kind: negative.name, mrz: null, turn: 0, number, processorMs }));
    onProgress(results.length, all);
  }
  await networks.close();
  return { results, rules: rules.rows };
}

let lastDrawn: { key: string; page: ReturnType<typeof drawPage> } | undefined;

function drawnPage(passport: SamplePassport, { style = {} }: Degradation): ReturnType<typeof drawPage> {
  const key = JSON.stringify([passport.seed, style]);
  if (lastDrawn?.key === key) return lastDrawn.page;
  const page = drawPage(passport, style);
  if (Object.keys(style).length === 0) lastDrawn = { key, page };
  return page;
}

type Networks = Awaited<ReturnType<typeof openNetworks>>;

/** A picture's reading, decoding included, and the processor time that it took. */
async function readMeasured(networks: Networks, jpeg: Buffer): Promise<{ read: PageRead; processorMs: number }> {
  const before = process.cpuUsage();
  const pixels = await decodePixels(jpeg, { maxPixels: 64_000_000 });
  const read = await readPage(networks, pixels, () => false);
  const { user, system } = process.cpuUsage(before);
  return { read, processorMs: (user + system) / 1_000 };
}

interface Truth {
  readonly kind: string;
  readonly mrz: readonly [string, string] | null;
  readonly turn: number;
  readonly number: number;
  readonly processorMs: number;
}

function judge({ lines, orientation }: PageRead, { kind, mrz, turn, number, processorMs }: Truth): PageResult {
  const read = (lines ?? []).map(({ text, sure }, index) => ({
    sure,
    isExact: text === mrz?.[index],
    read: text,
    printed: mrz?.[index] ?? null,
  }));
  const off = (((turn - orientation) % 360) + 540) % 360;
  return {
    kind,
    isPassport: mrz !== null,
    isForChoosing: Math.floor(number / DEGRADATIONS.length) % 2 === 1,
    exact: read.filter(({ isExact }) => isExact).length,
    sure: read.filter(({ sure }) => sure).length,
    mistakes: read.filter(({ sure, isExact }) => sure && !isExact),
    isFound: lines !== null,
    isUprightRight: Math.abs(off - 180) <= 50,
    processorMs,
  };
}
