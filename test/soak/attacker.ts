/** An attacker who can write to Redis, does not have our key, and tries to change verdicts. */
import { randomUUID } from "node:crypto";
import { createRandom } from "../../dev/samples/random.ts";
import type { QueueTool } from "../servers/queue-tool.ts";
import { keyOf } from "../stage/audit/kept-work.ts";
import type { Stage } from "../stage/stage.ts";
import type { History } from "./history.ts";

interface AttackerOptions {
  readonly stage: Pick<Stage, "records">;
  readonly tool: QueueTool;
  readonly seed: number;
  readonly histories: readonly History[];
  /** The records whose backends expect no further verdict. */
  readonly ended: readonly History[];
}

/** How many of the last records are attacked while their jobs may run. */
const RECENT = 200;

/** Creates the attacker. */
export function createAttacker({ stage, tool, seed, histories, ended }: AttackerOptions) {
  const random = createRandom(seed + 2);
  const pickRecent = () => random.pick(histories.slice(-RECENT));
  const dataOf = ({ versions }: History) => ({
    ...versions.at(-1)?.submission,
    id: randomUUID(),
    submittedAt: Date.now(),
  });
  const sealedOf = async ({ kycId }: History) =>
    Buffer.from((await stage.records.readRecord(kycId))?.ocrResult ?? []).toString("base64");

  const attacks = {
    /** Adds a job with a verdict: the record's own, another record's, or arbitrary bytes. */
    async verdict() {
      const target = pickRecent();
      const sealed = await random.pick([async () => "AAAA", () => sealedOf(target), () => sealedOf(pickRecent())])();
      const data = { ...dataOf(target), verdict: { status: "ocr_complete", sealed }, kept: sealed, fence: null };
      await tool.queue.add("verify", data, { jobId: `kyc-${target.kycId}` });
    },

    /** Adds a job whose id names another record than its data. */
    async otherRecord() {
      const data = dataOf(pickRecent());
      await tool.queue.add("verify", data, { jobId: `kyc-${pickRecent().kycId}.${data.id}` });
    },

    /** Adds a complete job for a finished record, with a forged mark that its verdict may be replaced. */
    async decided() {
      if (ended.length === 0) return;
      const target = random.pick(ended);
      const { kycId, decision } = target;
      const { status } = (await stage.records.readRecord(kycId)) ?? {};
      if (decision === undefined && status !== "ocr_complete") return;
      const data = { ...dataOf(target), passportKey: "kyc/other.jpg" };
      const note = Buffer.from(randomUUID()).toString("base64");
      await tool.redis.hset(keyOf(kycId), "replaceable", note, `fence:${data.id}`, "", "latest", JSON.stringify(data));
      await tool.queue.add("verify", data, { jobId: `kyc-${kycId}.${data.id}` });
    },

    /** Copies the kept answers of another record to this record and to its questions. */
    async keptWork() {
      const [from, to] = [keyOf(pickRecent().kycId), keyOf(pickRecent().kycId)];
      const isAnswer = ([name]: readonly [string, string]) => name.startsWith("paid:");
      const answers = Object.entries(await tool.redis.hgetall(from)).filter(isAnswer);
      const own = Object.entries(await tool.redis.hgetall(to)).filter(isAnswer);
      const planted = answers.flatMap(([name, sealed]) => [name, sealed, ...own.flatMap(([field]) => [field, sealed])]);
      if (planted.length > 0) await tool.redis.hset(to, ...planted);
    },
  };

  return {
    /** Attacks once. Resolves with the attack's name, or with `undefined` if Redis is down. */
    async attack(): Promise<string | undefined> {
      if (histories.length === 0) return undefined;
      const name = random.pick(["verdict", "otherRecord", "decided", "keptWork"] as const);
      return attacks[name]().then(
        () => name,
        () => undefined,
      );
    },
  };
}
