/** Measures the reader of the machine readable zone: processor time per page, and memory. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import * as z from "zod/mini";
import { degrade, DEGRADATIONS } from "../../eval/pages/degradations.ts";
import { drawPage } from "../../eval/pages/draw-page.ts";
import { samplePassport } from "../../dev/samples/passports.ts";
import type { Part, PartOptions } from "../part.ts";
import { median } from "../rounds.ts";
import { imageEnvironment } from "../setup/contenders.ts";

const PROGRAM = join(import.meta.dirname, "reader-program.ts");

const answer = z.object({ cpuMs: z.array(z.number()), sure: z.number(), peakBytes: z.number() });

async function measure(mode: "read" | "decode", rounds: number, files: readonly string[]) {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, mode, String(rounds), ...files], {
    env: { ...process.env, ...(await imageEnvironment()) },
  });
  return answer.parse(JSON.parse(stdout));
}

/** Draws pages with the eval's degradations in turn. */
async function drawPages(folder: string, width: number, count: number): Promise<string[]> {
  const files: string[] = [];
  for (let index = 0; index < count; index++) {
    const degradation = DEGRADATIONS[index % DEGRADATIONS.length];
    if (degradation === undefined) continue;
    const { jpeg } = await degrade(degradation, await drawPage(samplePassport(40 + index), degradation.style), index);
    const file = join(folder, `${width}-${index}.jpg`);
    await writeFile(file, await sharp(jpeg).resize({ width }).jpeg({ quality: 90 }).toBuffer());
    files.push(file);
  }
  return files;
}

async function run({ quick, say }: PartOptions) {
  const folder = await mkdtemp(join(tmpdir(), "kyc-bench-"));
  try {
    const pages = await drawPages(folder, 1_600, DEGRADATIONS.length);
    const largePages = await drawPages(folder, 4_032, 5);
    const rounds = quick ? 2 : 5;
    const page: number[] = [];
    const large: number[] = [];
    const memory: number[] = [];
    for (let turn = 0; turn < (quick ? 1 : 3); turn++) {
      const read = await measure("read", rounds, pages);
      const readLarge = await measure("read", rounds, largePages);
      const decoded = await measure("decode", rounds, largePages);
      page.push(median(read.cpuMs));
      large.push(median(readLarge.cpuMs) - median(decoded.cpuMs));
      memory.push((readLarge.peakBytes - decoded.peakBytes) / 1e6);
      say(`${read.sure} of ${read.cpuMs.length} pages sure`);
    }
    return {
      figures: [
        { what: "reading a page of 1,600 pixels, decoding included", values: page, unit: "ms", limit: { atMost: 150 } },
        {
          what: "reading a page of 12 megapixels, without decoding it",
          values: large,
          unit: "ms",
          limit: { atMost: 150 },
        },
        { what: "memory above a process that only decodes", values: memory, unit: "MB", limit: { atMost: 100 } },
      ],
      notes: [
        "Processor time of the whole process, medians over one page of each of the eval's degradations. The reader's picture comes from a decode of its own here.",
      ],
    } as const;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export const reader: Part = {
  name: "reader",
  title: "Reader of the machine readable zone",
  meaning: "What it costs to read the passport's code a second time, independently of Gemini.",
  run,
};
