/** `npx kyc replay`: runs the rules over what was once read, and says what would be decided otherwise. Writes nothing. */
import { readFile } from "node:fs/promises";
import * as z from "zod/mini";
import { explainCheck } from "../lib/checks.ts";
import { assessPassport, type AssessmentPolicy } from "../lib/passport/assess.ts";
import { readHours, UsageError, type Command } from "./command.ts";
import { openResult, tryOpen, withNeighbours, type Result } from "./open.ts";

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
  help: `Writes nothing. Looks at the verdicts of the last 24 hours, or of --hours. The file is JSON with any of minimumAgeYears,
expiresSoonDays, allowSpecimen and faceMatchThreshold; without it, the policy is that of the configuration.`,
  async run({ options }) {
    const [changed, hours] = [await readPolicy(options.policy), readHours(options)];
    return withNeighbours(async ({ config, records, envelope }) => {
      const policy: AssessmentPolicy = {
        minimumAgeYears: changed.minimumAgeYears ?? config.KYC_MINIMUM_AGE_YEARS,
        expiresSoonDays: changed.expiresSoonDays ?? config.KYC_EXPIRES_SOON_DAYS,
        allowSpecimen: changed.allowSpecimen ?? config.KYC_ALLOW_SPECIMENS === "on",
      };
      const changes: Change[] = [];
      let replayed = 0;
      let unopened = 0;
      for await (const rows of records.decidedWithin(hours)) {
        for (const { kycId, sealed } of rows) {
          if (sealed === null) continue;
          const result = tryOpen(() => openResult(envelope, kycId, sealed));
          if (result === undefined) unopened += 1;
          if (result?.status !== "ocr_complete") continue;
          replayed += 1;
          changes.push(...compare(result, policy, changed.faceMatchThreshold));
        }
      }
      const lines = changes.map(({ kycId, what, before, after }) => `  ${kycId}  ${what}: ${before} -> ${after}`);
      const report = `${replayed} results replayed; ${changes.length} outcomes would change. Nothing was written.${
        unopened === 0 ? "" : ` ${unopened} do not open: add the keys that sealed them to KYC_ENCRYPTION_KEYS.`
      }`;
      return { ok: true, report: [report, ...lines].join("\n"), data: { replayed, unopened, policy, changes } };
    });
  },
};

async function readPolicy(path: string | undefined): Promise<Policy> {
  if (path === undefined) return {};
  const parsed = policySchema.safeParse(await readJson(path));
  if (parsed.success) return parsed.data;
  throw new UsageError(
    `The policy may hold minimumAgeYears, expiresSoonDays, allowSpecimen and faceMatchThreshold; mend: ${parsed.error.issues.map(({ path: at, message }) => `${at.join(".")} ${message}`).join("; ")}`,
  );
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    throw new UsageError("The file behind --policy cannot be read, or is not JSON.");
  }
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
