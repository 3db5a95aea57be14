/** `npx kyc replay`: runs the rules over what was once read, and says what would be decided otherwise. Writes nothing. */
import { readFile } from "node:fs/promises";
import * as z from "zod/mini";
import { explainCheck } from "../lib/checks.ts";
import { assessPassport, type AssessmentPolicy } from "../lib/passport/assess.ts";
import { readHours, UsageError, type Command } from "./command.ts";
import { openResult, withNeighbours, type Result } from "./open.ts";

const policySchema = z.partial(
  z.strictObject({
    minimumAgeYears: z.int(),
    expiresSoonDays: z.int(),
    allowSpecimen: z.boolean(),
    faceMatchThreshold: z.number(),
  }),
);
type Policy = z.infer<typeof policySchema>;

interface Change {
  readonly kycId: number;
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

export const replay: Command = {
  usage: "replay [--policy file] [--hours n]",
  summary: "run today's or a changed policy over stored evidence",
  run: ({ options }) =>
    withNeighbours(async ({ config, records, envelope }) => {
      const changed = await readPolicy(options.policy);
      const policy: AssessmentPolicy = {
        minimumAgeYears: changed.minimumAgeYears ?? config.KYC_MINIMUM_AGE_YEARS,
        expiresSoonDays: changed.expiresSoonDays ?? config.KYC_EXPIRES_SOON_DAYS,
        allowSpecimen: changed.allowSpecimen ?? config.KYC_ALLOW_SPECIMENS === "on",
      };
      const changes: Change[] = [];
      let replayed = 0;
      for await (const rows of records.decidedWithin(readHours(options))) {
        for (const { kycId, sealed } of rows) {
          const result = sealed === null ? undefined : openResult(envelope, kycId, sealed);
          if (result?.status !== "ocr_complete") continue;
          replayed += 1;
          changes.push(...compare(result, policy, changed.faceMatchThreshold));
        }
      }
      const lines = changes.map(({ kycId, what, before, after }) => `  ${kycId}  ${what}: ${before} -> ${after}`);
      const report = `${replayed} results replayed; ${changes.length} outcomes would change. Nothing was written.`;
      return { ok: true, report: [report, ...lines].join("\n"), data: { replayed, policy, changes } };
    }),
};

async function readPolicy(path: string | undefined): Promise<Policy> {
  if (path === undefined) return {};
  const parsed = policySchema.safeParse(JSON.parse(await readFile(path, "utf8")));
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `The policy may hold minimumAgeYears, expiresSoonDays, allowSpecimen and faceMatchThreshold; mend: ${parsed.error.issues.map(({ path: at, message }) => `${at.join(".")} ${message}`).join("; ")}`,
  );
}

/** The checks as they were, beside the checks as the policy has them now; ages and expiry are those of the day of the verdict. */
function compare(
  result: Extract<Result, { status: "ocr_complete" }>,
  policy: AssessmentPolicy,
  threshold?: number,
): Change[] {
  const { kycId, evidence, checks, faceMatch } = result;
  const assessment = assessPassport({
    reading: evidence.passport,
    ...(evidence.secondMrz && { secondMrz: evidence.secondMrz }),
    today: new Date(result.completedAt),
    policy,
  });
  const describe = ({ state, reasons }: { state: string; reasons: readonly { code: string }[] }) =>
    [state, ...reasons.map(({ code }) => code)].join(" ");
  const changes = assessment.checks.map(explainCheck).flatMap((now): Change[] => {
    const before = checks.find(({ name }) => name === now.name);
    if (before === undefined || describe(before) === describe(now)) return [];
    return [{ kycId, what: now.name, before: describe(before), after: describe(now) }];
  });
  const { similarity } = faceMatch;
  if (threshold !== undefined && similarity !== null && similarity < threshold) {
    changes.push({
      kycId,
      what: "face_match",
      before: `${similarity} of ${faceMatch.threshold}`,
      after: `face_mismatch at ${threshold}`,
    });
  }
  return changes;
}
