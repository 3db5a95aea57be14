/** `npx kyc show <kycId>`: opens a result and explains it in plain words. Shows personal data, with a warning. */
import { failed, readKycId, type Command } from "../command.ts";
import { explain } from "../explain.ts";
import { openResult, withDependencies } from "../open.ts";

const WARNING = "PERSONAL DATA: do not copy this into tickets or chats.";

export const show: Command = {
  summary: "open a result and explain it (SHOWS PERSONAL DATA)",
  help: `Needs the key that the result was sealed with (KYC_ENCRYPTION_KEYS). With --json, prints the result as it was sealed,
and the warning about personal data on stderr. Exits with 1 if there is no result, or it does not open.`,
  argument: "<kycId>",
  run({ args }) {
    const kycId = readKycId(args);
    return withDependencies(async (opened) => {
      const row = await opened.records.read(kycId);
      if (row === undefined) {
        const message = `There is no record ${kycId} in kyc_verification. Check the id and POSTGRES_URL.`;
        return failed("no_record", message);
      }
      const { status, sealed } = row;
      if (sealed === null) {
        const message = `Record ${kycId} is ${status} and has no result yet. See its state: npx kyc status ${kycId}`;
        return failed("no_result", message);
      }
      const answer = openResult(opened, kycId, sealed);
      if ("unopened" in answer) {
        const { why, message } = answer.unopened;
        return failed(why, `The result of record ${kycId} does not open. ${message}`);
      }
      return { ok: true, notice: WARNING, report: explain(answer.result), data: answer.result };
    });
  },
};
