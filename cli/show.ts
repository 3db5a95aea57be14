/** `npx kyc show <kycId>`: opens a result and explains it in plain words. It shows personal data, and says so. */
import { readKycId, type Command } from "./command.ts";
import { openResult, tryOpen, withNeighbours, type Result } from "./open.ts";

export const show: Command = {
  usage: "show <kycId>",
  summary: "open a result and explain it (SHOWS PERSONAL DATA)",
  help: "Needs the key that the result was sealed with (KYC_ENCRYPTION_KEYS). With --json: the result as it was sealed.",
  run({ args }) {
    const kycId = readKycId(args);
    return withNeighbours(async ({ records, envelope }) => {
      const row = await records.read(kycId);
      if (row === undefined) {
        const report = `There is no record ${kycId} in kyc_verification. Look for its id, and at POSTGRES_URL.`;
        return { ok: false, report, data: null };
      }
      const { status, sealed } = row;
      if (sealed === null) {
        const report = `Record ${kycId} is ${status} and has no result yet. See where it stands: npx kyc status ${kycId}`;
        return { ok: false, report, data: { status } };
      }
      const result = tryOpen(() => openResult(envelope, kycId, sealed));
      if (result === undefined) {
        const report = `The result of record ${kycId} does not open. Add the key that sealed it to KYC_ENCRYPTION_KEYS; if it is there, the bytes were changed or belong to another record.`;
        return { ok: false, report, data: { status } };
      }
      const report = `PERSONAL DATA: do not copy this into tickets or chats.\n\n${explain(result)}`;
      return { ok: true, report, data: result };
    });
  },
};

/** A result in plain words. */
export function explain(result: Result): string {
  return result.status === "ocr_failed" ? explainFailure(result) : explainSuccess(result);
}

function explainFailure(result: Extract<Result, { status: "ocr_failed" }>): string {
  const { kycId, failureCode, image, message, personMessage, attempts, completedAt } = result;
  const facts = Object.entries(result.facts).map(([name, value]) => `${name} ${String(value)}`);
  return [
    `Record ${kycId} failed at ${completedAt}, attempt ${attempts}: ${failureCode}${image === null ? "" : ` (${image})`}.`,
    `What happened: ${message}${facts.length === 0 ? "" : ` [${facts.join(", ")}]`}`,
    `What the person is told: ${personMessage}`,
  ].join("\n");
}

function explainSuccess(result: Extract<Result, { status: "ocr_complete" }>): string {
  const { kycId, passport, faceMatch, checks, attempts, completedAt } = result;
  const fields = Object.entries(passport.fields).map(
    ([name, { value, state }]) => `  ${name.padEnd(15)} ${(value ?? "-").padEnd(32)} ${state}`,
  );
  const checked = checks.map(({ name, state, reasons }) =>
    [
      `  ${name.padEnd(26)} ${state}`,
      ...reasons.map(({ message, field }) => `    ${field === null ? "" : `${field}: `}${message}`),
    ].join("\n"),
  );
  const similarity =
    faceMatch.similarity === null ? "no score" : `similarity ${faceMatch.similarity}, threshold ${faceMatch.threshold}`;
  return [
    `Record ${kycId} was verified at ${completedAt}, attempt ${attempts}.`,
    `\nPassport\n${fields.join("\n")}`,
    `\nFaces: ${faceMatch.engine}, ${similarity}`,
    `\nChecks\n${checked.join("\n")}`,
  ].join("\n");
}
