/** Measures a verification's cost in tokens and requests. The stand-in of Gemini counts by Google's published rules. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { createComprefaceServer } from "../../dev/stand-ins/compreface/compreface.ts";
import { createGeminiServer } from "../../dev/stand-ins/gemini/gemini.ts";
import { createObjectStorage } from "../../dev/stand-ins/object-storage/object-storage.ts";
import { drawPassportPhoto, drawSelfie, drawStampPage } from "../../dev/samples/drawing/draw.ts";
import { samplePassport } from "../../dev/samples/passports.ts";
import { startMeasured } from "../setup/measured-process.ts";
import type { Figure, Part } from "../part.ts";
import { startServices, type Services } from "../setup/services.ts";
import { startUsageTap } from "../setup/usage-tap.ts";
import { createWorkload, type Contender } from "../setup/workload.ts";

const KEYS = { accessKey: "GK0123456789abcdef01234567", secretKey: "a".repeat(64) };
const MODEL = "gemini-3-flash-preview";
/** The peer sends pictures unchanged, so the stand-ins must accept any size. */
const ANY_SIZE = 1_000_000_000;
const ATTEMPTS = 5;

type Usage = ReturnType<Awaited<ReturnType<typeof startUsageTap>>["take"]>;

async function startDependencies(stack: AsyncDisposableStack) {
  const gemini = await createGeminiServer({ apiKey: "bench", model: MODEL, latencyMs: 0, maxBodyBytes: ANY_SIZE });
  stack.defer(() => gemini.close());
  const tap = await startUsageTap(gemini.url);
  stack.defer(() => tap.close());
  const comprefaceKey = randomUUID();
  const compreface = await createComprefaceServer({
    apiKey: comprefaceKey,
    latencyMs: 0,
    maxFileBytes: ANY_SIZE,
    maxBodyBytes: ANY_SIZE,
  });
  stack.defer(() => compreface.close());
  const storage = stack.use(await createObjectStorage({ ...KEYS, region: "garage", bucket: "kyc-data" }));
  const environment = {
    GEMINI_API_KEY: "bench",
    GEMINI_BASE_URL: tap.url,
    COMPREFACE_API_KEY: comprefaceKey,
    COMPREFACE_URL: compreface.url,
    S3_ENDPOINT: storage.url,
    S3_ACCESS_KEY: KEYS.accessKey,
    S3_SECRET_KEY: KEYS.secretKey,
  };
  return { tap, storage, environment };
}

type Dependencies = Awaited<ReturnType<typeof startDependencies>>;

/** Runs one verification that matches, then one with another person's selfie, which fails in every attempt. */
async function usageOf(contender: Contender, services: Services, { tap, storage, environment }: Dependencies) {
  const program = contender === "ours" ? "worker/main.ts" : "bench/peers/express-service.ts";
  await using worker = startMeasured({ program, environment: { ...services.environment, ...environment } });
  const workload = createWorkload(services, contender, 50);
  const pictures = {
    passport: await drawPassportPhoto({ passport: samplePassport(1) }),
    stamp: await drawStampPage({ number: 1 }),
  };
  const verify = async (person: number): Promise<Usage> => {
    const selfie = await drawSelfie({ faces: [person] });
    const ids = await workload.submit(1, (kycId) => {
      for (const [role, bytes] of Object.entries({ ...pictures, selfie }))
        storage.put(`kyc/${kycId}/${role}.jpg`, bytes);
    });
    const { length } = ids;
    while ((await workload.queue.getJobCountByTypes("wait", "active", "delayed")) > 0) await delay(50);
    const usage = tap.take();
    return { ...usage, requests: usage.requests / length };
  };
  const matching = await verify(1);
  const mismatch = await verify(104);
  await workload.queue.close();
  await worker.begin();
  return { matching, mismatch };
}

async function run() {
  await using services = await startServices();
  await using stack = new AsyncDisposableStack();
  const dependencies = await startDependencies(stack);
  const ours = await usageOf("ours", services, dependencies);
  const peer = await usageOf("peer", services, dependencies);

  const both = (what: string, unit: Figure["unit"], value: (usage: typeof ours) => number): Figure[] => [
    { what: `${what}: ours`, values: [value(ours)], unit },
    { what: `${what}: peer`, values: [value(peer)], unit },
  ];
  return {
    figures: [
      ...both("requests to Gemini, faces match", "requests", ({ matching }) => matching.requests),
      ...both("input tokens, faces match", "tokens", ({ matching }) => matching.inputTokens),
      ...both("output tokens with thinking, faces match", "tokens", ({ matching }) => matching.outputTokens),
      ...both("requests to Gemini, faces differ", "requests", ({ mismatch }) => mismatch.requests),
      ...both("all tokens, faces differ", "tokens", ({ mismatch }) => mismatch.inputTokens + mismatch.outputTokens),
    ],
    notes: [
      "Passport, selfie and stamp of 12 megapixels. The stand-in counts as Google publishes it for Gemini 3: 1,120 tokens for an image at high resolution (the default, for every size of image), four characters for a token of text; thinking, which is billed as output, by its level. Our prompts are longer, because they ask for evidence field by field; our thinking level is low, and the peer's is the model's default, which is high. " +
        `When the faces differ, the peer tries ${ATTEMPTS} times and pays each time; here the failure is final, and a running call is aborted.`,
    ],
  };
}

export const cost: Part = {
  name: "cost",
  title: "Cost of a verification",
  meaning: "What Google charges for a verification follows from these counts.",
  run,
};
