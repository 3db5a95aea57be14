/** `npx kyc retry <kycId>`: runs a delayed job now. */
import { readKycId, type Command } from "../command.ts";
import { withDependencies } from "../open.ts";

export const retry: Command = {
  summary: "run a waiting job now",
  help: "For a job that waits for its next attempt or a dependency. Exits with 1 if the record has no job.",
  argument: "<kycId>",
  run({ args }) {
    const kycId = readKycId(args);
    return withDependencies(async ({ queue }) => {
      const outcome = await queue.runNow(kycId);
      const reports = {
        promoted: `Job kyc-${kycId} runs as soon as a worker is free.`,
        running: `Job kyc-${kycId} is running or next in line already.`,
        missing: `Record ${kycId} has no job: a finished job is gone, and the object keys of its pictures with it. Let the backend submit the record again (POST /api/v1/process).`,
      };
      return { ok: outcome !== "missing", report: reports[outcome], data: { kycId, outcome } };
    });
  },
};
