/** `npx kyc reseal`: seals every result anew under the first key. It can be stopped and started again at any time. */
import type { Command } from "./command.ts";
import { withNeighbours } from "./open.ts";

const BATCH = 100;

export const reseal: Command = {
  usage: "reseal",
  summary: "seal all results anew under the first key",
  help: "Writes to the table, in batches of 100. It can be stopped and started again: what is under the first key is left alone.",
  run: () =>
    withNeighbours(async ({ config, records, envelope }) => {
      const keyId = config.KYC_ENCRYPTION_KEYS[0]?.id ?? 0;
      const total = await records.countSealedOtherwise(keyId);
      let afterId: number | undefined = 0;
      let done = 0;
      const sealAnew = (kycId: number, sealed: Buffer) => {
        done += 1;
        return envelope.seal(kycId, envelope.open(kycId, sealed));
      };
      while (afterId !== undefined) {
        afterId = await records.resealBatch({ keyId, afterId, limit: BATCH, reseal: sealAnew });
        showProgress(done, total);
      }
      if (process.stderr.isTTY) process.stderr.write("\n");
      return { ok: true, report: `${done} results are now sealed with key ${keyId}.`, data: { keyId, resealed: done } };
    }),
};

function showProgress(done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  const share = total === 0 ? 1 : Math.min(1, done / total);
  const filled = Math.round(share * 30);
  process.stderr.write(`\r[${"#".repeat(filled)}${".".repeat(30 - filled)}] ${done} of ${total}`);
}
