/**
 * The measured process: reads pictures, or only decodes them, and prints the processor time of each and the peak
 * memory. `node bench/parts/reader-program.ts read|decode rounds picture...`
 */
import { readFile } from "node:fs/promises";
import { decodePixels } from "../../lib/images/pixels.ts";
import { createReader } from "../../lib/reader/reader.ts";

const [mode, rounds, ...files] = process.argv.slice(2);
const limits = { maxPixels: 64_000_000 };
const pictures = await Promise.all(files.map((file) => readFile(file)));
const reader = createReader({ ...limits, deadlineMs: 60_000 });
const work = async (picture: Buffer): Promise<boolean> => {
  if (mode === "read") return (await reader.read(picture)).reason === null;
  await decodePixels(picture, limits);
  return false;
};

// The first round starts the thread and loads the models.
for (const picture of pictures) await work(picture);
const cpuMs: number[] = [];
let sure = 0;
// Not maxRSS, because it starts with the parent's memory.
let peakBytes = 0;
for (let round = 0; round < Number(rounds); round++)
  for (const picture of pictures) {
    const before = process.cpuUsage();
    if (await work(picture)) sure++;
    const { user, system } = process.cpuUsage(before);
    cpuMs.push((user + system) / 1_000);
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
  }
await reader.close();
process.stdout.write(JSON.stringify({ cpuMs, sure, peakBytes }));
