/** The providers at the other end of the wire, and the service's own clients of them. */
import type { ComprefaceRule } from "../../dev/stand-ins/compreface/compreface.ts";
import type { GeminiRule } from "../../dev/stand-ins/gemini/gemini.ts";
import { drawTestPage, drawTestSelfie } from "../marked-pictures.ts";
import { createCompreface } from "../../lib/providers/compreface/compreface.ts";
import { createFaceMatch } from "../../lib/providers/face-match.ts";
import { createGemini } from "../../lib/providers/gemini/gemini.ts";
import type { Picture } from "../../lib/images/images.ts";
import { createOcr } from "../../lib/providers/gemini/ocr.ts";
import type { ImageRole } from "../../lib/reasons.ts";
import { BUCKET, KEY, MODEL, startStandIns } from "../servers/stand-ins.ts";
import { createStorage } from "../../lib/providers/storage/storage.ts";

const HOLDER = 7;

/** A signal that never fires. */
export const NEVER = new AbortController().signal;

export type Providers = Awaited<ReturnType<typeof openProviders>>;

/** Starts the stand-ins and opens the service's clients of them. */
export async function openProviders() {
  const { garage, gemini, compreface, close } = await startStandIns();
  const picture = (role: ImageRole, jpeg: Buffer): Picture => ({ role, jpeg, width: 1_000, height: 800 });
  const pictures = {
    passport: picture("passport", await drawTestPage({ passport: 1, person: HOLDER })),
    selfie: picture("selfie", await drawTestSelfie({ person: HOLDER })),
    crowd: picture("selfie", await drawTestSelfie({ person: HOLDER, second: HOLDER + 1 })),
    stranger: picture("selfie", await drawTestSelfie({ person: HOLDER + 1 })),
    nobody: picture("selfie", await drawTestPage({ passport: 1 })),
  };

  const openStorage = (secretKey = BUCKET.secretKey) =>
    createStorage({ ...BUCKET, secretKey, endpoint: garage.url, maxImageBytes: 1_000_000, timeoutMs: 5_000 });
  const openGemini = (apiKey = KEY) => createGemini({ apiKey, model: MODEL, baseUrl: gemini.url, timeoutMs: 5_000 });
  const openCompreface = (apiKey = KEY) => createCompreface({ url: compreface.url, apiKey, timeoutMs: 5_000 });

  return {
    garage,
    pictures,
    openStorage,
    openGemini,
    openCompreface,

    /** Gemini answers every request so. */
    geminiAnswers: (answer: GeminiRule["answer"]) => gemini.script([{ match: {}, times: null, answer }]),
    /** CompreFace answers every request so. */
    comprefaceAnswers: (answer: ComprefaceRule["answer"]) => compreface.script([{ match: {}, times: null, answer }]),

    readPassport: () => createOcr({ gemini: openGemini() }).readPassport(pictures.passport, NEVER),

    /** Compares the passport with a selfie, on a job's last attempt, by the engines named. */
    async compareFaces(selfie: Picture, engines: "compreface" | "gemini" | "both") {
      const matcher = createFaceMatch({
        compreface: engines === "gemini" ? undefined : openCompreface(),
        gemini: engines === "compreface" ? undefined : openGemini(),
        threshold: 0.75,
      });
      return matcher.judge(await matcher.compare({ passport: pictures.passport, selfie, isLastAttempt: true }, NEVER));
    },

    /** Lets all faults go. */
    heal(): void {
      gemini.script([]);
      compreface.script([]);
    },
    close,
  };
}
