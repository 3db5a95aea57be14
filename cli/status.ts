/** `npx kyc status <kycId>`: where a record stands, without a personal datum. */
import { readKycId, type Command } from "./command.ts";
import { withNeighbours } from "./open.ts";

const WITHOUT_JOB =
  " Either it was never submitted, or its job is lost: submit it (POST /api/v1/process), or wait for the watchdog, which fails it after KYC_STUCK_TIMEOUT_MIN.";

export const status: Command = {
  usage: "status <kycId>",
  summary: "the record and its job, without personal data",
  help: "Exits with 1 where there is no such record.",
  run({ args }) {
    const kycId = readKycId(args);
    return withNeighbours(async ({ records, queue }) => {
      const row = await records.read(kycId);
      const enqueuedAt = (await queue.findJobs([kycId])).get(kycId)?.enqueuedAt;
      const data = {
        kycId,
        record: row && {
          status: row.status,
          createdAt: row.createdAt,
          reviewedAt: row.reviewedAt,
          hasResult: row.sealed !== null,
        },
        job: enqueuedAt === undefined ? null : { id: `kyc-${kycId}`, enqueuedAt: new Date(enqueuedAt).toISOString() },
      };
      const record =
        row === undefined
          ? `There is no record ${kycId} in kyc_verification.`
          : `Record ${kycId}: ${row.status}, created ${row.createdAt ?? "at an unknown time"}, ${row.reviewedAt === null ? "no verdict yet" : `verdict ${row.reviewedAt}`}.`;
      const job =
        data.job === null
          ? `No job is in the queue.${row?.status === "in_review" ? WITHOUT_JOB : ""}`
          : `Job ${data.job.id} is in the queue since ${data.job.enqueuedAt}.`;
      return { ok: row !== undefined, report: `${record}\n${job}`, data };
    });
  },
};
