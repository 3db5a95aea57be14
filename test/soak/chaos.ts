/** Plays the faults of the plan one after the other. */
import { setTimeout as delay } from "node:timers/promises";
import type { ComprefaceRule } from "../../dev/stand-ins/compreface/compreface.ts";
import type { GeminiRule } from "../../dev/stand-ins/gemini/gemini.ts";
import type { StorageRule } from "../../dev/stand-ins/object-storage/object-storage.ts";
import type { Stage, StageWorker } from "../stage/stage.ts";
import type { Fault } from "./plan.ts";

const GEMINI_FAULTS: readonly GeminiRule["answer"][] = [
  { fault: "internal" },
  { fault: "highDemand" },
  { fault: "badGateway" },
  { fault: "hang" },
  { fault: "hangMidBody" },
  { fault: "reset" },
  { fault: "resetMidBody" },
  { fault: "truncatedJson" },
  { fault: "emptyObject" },
  { fault: "text", text: "I see a lovely passport!" },
  { fault: "finish", reason: "MAX_TOKENS", text: "half" },
  { fault: "quotaPerMinute", delaySeconds: 0.7 },
];

const COMPREFACE_FAULTS: readonly ComprefaceRule["answer"][] = [
  { fault: "badGateway" },
  { fault: "gatewayTimeout" },
  { fault: "hang" },
  { fault: "reset" },
  { fault: "resetMidBody" },
  { fault: "truncatedJson" },
  { fault: "coreUnreachable" },
  { fault: "coreRaised" },
];

const STORAGE_FAULTS: readonly Pick<StorageRule, "answer" | "delayMs">[] = [
  { answer: { fault: "status", status: 500 } },
  { answer: { fault: "status", status: 503 } },
  { answer: { fault: "genuine" }, delayMs: 1_500 },
  { answer: { fault: "cut", afterBytes: 2_000 } },
  { answer: { fault: "drip", chunkBytes: 20_000, everyMs: 20 } },
];

const choose = <T>(choices: readonly T[], how: number): T | undefined => choices[how % choices.length];

interface ChaosOptions {
  readonly stage: Stage;
  readonly workers: readonly StageWorker[];
  /** Object keys that are about to be read. */
  readonly keysToCome: () => readonly string[];
}

/** Creates the player of faults. A killed process runs again when its fault resolves. */
export function createChaos({ stage, workers, keysToCome }: ChaosOptions) {
  async function away(server: Stage["redis"] | Stage["postgres"], forMs: number): Promise<void> {
    await server.kill("SIGKILL");
    await delay(forMs);
    await server.restart();
  }

  async function freeze(worker: StageWorker | undefined, forMs: number): Promise<void> {
    await worker?.kill("SIGSTOP");
    await delay(forMs);
    await worker?.kill("SIGCONT");
  }

  async function restart(worker: StageWorker | undefined, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    await worker?.kill(signal);
    await worker?.restart();
  }

  /** Scripts the next faults. A new script replaces the rest of the last one. */
  const failGemini = (answer: GeminiRule["answer"] | undefined, times: number) =>
    stage.gemini.script(answer === undefined ? [] : [{ match: {}, times, answer }]);
  const failCompreface = (answer: ComprefaceRule["answer"] | undefined, times: number) =>
    stage.compreface.script(answer === undefined ? [] : [{ match: { kind: "verify" }, times, answer }]);

  function failStorage(fault: (typeof STORAGE_FAULTS)[number] | undefined, times: number): void {
    if (fault === undefined) return;
    stage.storage.addRules(
      keysToCome()
        .slice(0, times)
        .map((key) => ({ match: { key }, times: 1, ...fault })),
    );
  }

  return {
    async play(fault: Fault): Promise<void> {
      switch (fault.what) {
        case "worker killed":
          return restart(workers[fault.worker], "SIGKILL");
        case "worker stopped":
          return restart(workers[fault.worker], "SIGTERM");
        case "worker frozen":
          return freeze(workers[fault.worker], fault.forMs);
        case "Redis killed":
          return away(stage.redis, fault.forMs);
        case "PostgreSQL killed":
          return away(stage.postgres, fault.forMs);
        case "Gemini fails":
          return failGemini(choose(GEMINI_FAULTS, fault.how), fault.times);
        case "CompreFace fails":
          return failCompreface(choose(COMPREFACE_FAULTS, fault.how), fault.times);
        case "storage fails":
          return failStorage(choose(STORAGE_FAULTS, fault.how), fault.times);
      }
    },
  };
}
