/** Starts the process of the stand-ins (`stand-ins.ts`) and reads its counts. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import * as z from "zod/mini";
import type { StandInOptions } from "./stand-ins.ts";

const portsSchema = z.object({ storage: z.number(), gemini: z.number(), compreface: z.number() });
const countsSchema = z.object({
  uploadedBytes: z.number(),
  geminiCalls: z.number(),
  comprefaceCalls: z.number(),
  fetches: z.number(),
  /** When CompreFace last answered, in milliseconds since 1970. */
  comprefaceAnsweredAt: z.number(),
  /** When connections to a Gemini with a limited rate ended, in milliseconds since 1970. */
  closings: z.array(z.number()),
});

/** Starts stand-ins. Dispose of them to stop them. */
export async function startProviders(options: StandInOptions) {
  const child = fork(join(import.meta.dirname, "stand-ins.ts"), [JSON.stringify(options)]);
  const [first]: unknown[] = await once(child, "message");
  const ports = portsSchema.parse(first);
  const url = (port: number) => `http://127.0.0.1:${port}`;

  async function ask(question: "begin" | "report") {
    child.send(question);
    const [answer]: unknown[] = await once(child, "message");
    return countsSchema.parse(answer);
  }

  return {
    environment: {
      S3_ENDPOINT: url(ports.storage),
      S3_ACCESS_KEY: "GK0123456789abcdef01234567",
      S3_SECRET_KEY: "a".repeat(64),
      GEMINI_API_KEY: "bench",
      GEMINI_BASE_URL: url(ports.gemini),
      COMPREFACE_API_KEY: "bench",
      COMPREFACE_URL: url(ports.compreface),
    },
    /** Sets the counts to zero. */
    begin: async (): Promise<void> => void (await ask("begin")),
    counts: () => ask("report"),
    [Symbol.asyncDispose]: async () => {
      const gone = once(child, "exit");
      child.disconnect();
      await gone;
    },
  };
}

export type Providers = Awaited<ReturnType<typeof startProviders>>;
