/** `npx kyc reseal`: seals every result again with the first key. An operator can stop and restart it at any time. */
import { EnvelopeError } from "../../lib/record/envelope.ts";
import { counted, named, type Command } from "../command.ts";
import { withDependencies } from "../open.ts";

const BATCH = 100;
/** How many ids the report lists; `--json` has all. */
const NAMED = 20;

export const reseal: Command = {
  summary: "seal all results again with the first key",
  help: `Writes to the table, in batches of 100. It can be stopped and started again: it skips results under the first key.
A result that does not open stays as it is and is named at the end; then the exit code is 1.`,
  run: () =>
    withDependencies(async ({ config, records, envelope }) => {
      const keyId = config.KYC_ENCRYPTION_KEYS[0]?.id ?? 0;
      const total = await records.countSealedOtherwise(keyId);
      const resealOne = (kycId: number, sealed: Buffer) => {
        try {
          return envelope.seal(kycId, envelope.open(kycId, sealed));
        } catch (error) {
          if (error instanceof EnvelopeError) return undefined;
          throw error;
        }
      };
      const left: number[] = [];
      let resealed = 0;
      let afterId: number | undefined = 0;
      while (afterId !== undefined) {
        const batch = await records.resealBatch({ keyId, afterId, limit: BATCH, reseal: resealOne });
        resealed += batch.resealed;
        left.push(...batch.left);
        afterId = batch.lastId;
        showProgress(resealed + left.length, total);
      }
      if (process.stderr.isTTY) process.stderr.write("\n");
      const report = describe(keyId, resealed, left);
      return { ok: left.length === 0, report, data: { keyId, resealed, left } };
    }),
};

function describe(keyId: number, resealed: number, left: readonly number[]): string {
  const done = `${counted(resealed, "result")} ${resealed === 1 ? "is" : "are"} now sealed with key ${keyId}`;
  if (left.length === 0) return `${done}.`;
  const records = named(left, NAMED);
  return left.length === 1
    ? `${done}; 1 does not open and was left as it is: record ${records}. Add its key, or let the backend submit it again.`
    : `${done}; ${left.length} do not open and were left as they are: records ${records}. Add their keys, or let the backend submit them again.`;
}

function showProgress(done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * 30);
  process.stderr.write(`\r[${"#".repeat(filled)}${".".repeat(30 - filled)}] ${done} of ${total}`);
}
