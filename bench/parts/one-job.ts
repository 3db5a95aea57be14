/** Measures one verification alone: how long it takes, and how soon it stops after a failure. */
import type { Part, PartOptions } from "../part.ts";
import { startContender } from "../setup/contenders.ts";
import { pictureFiles } from "../setup/pictures.ts";
import { startProviders } from "../setup/providers.ts";
import { startServices, type Services } from "../setup/services.ts";

const OCR_MS = 3_000;
const FACE_MS = 1_000;

async function latencies(services: Services, contender: "ours" | "peer", rounds: number): Promise<number[]> {
  const pictures = await pictureFiles("12 megapixels");
  await using providers = await startProviders({ pictures, geminiMs: OCR_MS, comprefaceMs: FACE_MS, similarity: 0.99 });
  await using running = await startContender({ contender, services, providers, concurrency: 1 });
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) values.push((await running.run(1)) / Math.max(OCR_MS, FACE_MS));
  return values;
}

/** Measures the time from CompreFace's answer that the faces differ to the end of the running uploads to Gemini. */
async function stopMs(services: Services, rounds: number): Promise<number[]> {
  const pictures = await pictureFiles("12 megapixels");
  const options = { pictures, geminiMs: OCR_MS, comprefaceMs: 200 };
  const values: number[] = [];
  for (let round = 0; round < rounds; round++) {
    // Slow enough that the uploads would take most of a minute.
    await using providers = await startProviders({ ...options, similarity: 0.1, geminiBytesPerSecond: 30_000 });
    await using running = await startContender({
      contender: "ours",
      services,
      providers,
      concurrency: 1,
      warmUp: false,
    });
    await running.settled(await running.submit(1), "ocr_failed");
    const { comprefaceAnsweredAt, closings } = await providers.counts();
    if (closings.length < 2) throw new Error("The uploads went on after the verdict");
    values.push(Math.max(...closings) - comprefaceAnsweredAt);
  }
  return values;
}

async function run({ quick }: PartOptions) {
  await using services = await startServices();
  const ours = await latencies(services, "ours", quick ? 2 : 3);
  const peer = await latencies(services, "peer", 1);
  return {
    figures: [
      { what: "latency over the slower of OCR and face match", values: ours, unit: "x", limit: { atMost: 1.15 } },
      { what: "the same of the peer", values: peer, unit: "x" },
      {
        what: "from a final failure of one branch to the end of the other's upload",
        values: await stopMs(services, quick ? 2 : 3),
        unit: "ms",
        limit: { atMost: 50 },
      },
    ],
    notes: ["Three pictures of 12 megapixels; stand-ins answer after 3 s (Gemini) and 1 s (CompreFace)."],
  } as const;
}

export const oneJob: Part = {
  name: "one-job",
  title: "One job",
  meaning: "Whether a person waits for the slower of the two providers, or for their sum.",
  run,
};
