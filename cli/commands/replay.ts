/** `npx kyc replay`: runs the rules over stored readings and reports which decisions would change. Writes nothing. */
import { explainCheck } from "../../lib/checks.ts";
import { policyOf } from "../../lib/config.ts";
import { assessPassport, type AssessmentPolicy } from "../../lib/passport/assess.ts";
import { counted, readSince, SINCE, type Command } from "../command.ts";
import { addUnopened, describeUnopened, NONE_UNOPENED, openResult, withDependencies, type Result } from "../open.ts";
import { readPolicyFile } from "./policy-file.ts";

type Policy = AssessmentPolicy & { readonly faceMatchThreshold: number };
type Success = Extract<Result, { status: "ocr_complete" }>;
type Failed = Extract<Result, { status: "ocr_failed" }>;

interface Change {
  readonly kycId: number;
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

export const replay: Command = {
  summary: "run today's or a changed policy over stored evidence",
  help: `Writes nothing. Looks at the verdicts since --since. The file is JSON with any of minimumAgeYears,
expiresSoonDays, allowSpecimen and faceMatchThreshold; the configuration gives the rest. Of the failed results, only a
face_mismatch can be replayed, because it keeps its similarity.`,
  options: [["--policy <file>", "a JSON file with the changes to the policy"], SINCE],
  async run({ options }) {
    const file = options.policy === undefined ? {} : await readPolicyFile(options.policy);
    const { hours } = readSince(options);
    return withDependencies(async (opened) => {
      const { config, records } = opened;
      const policy: Policy = {
        ...policyOf(config),
        faceMatchThreshold: config.FACE_MATCH_THRESHOLD,
        ...file,
      };
      const changes: Change[] = [];
      let replayed = 0;
      let notReplayable = 0;
      let unopened = NONE_UNOPENED;
      for await (const rows of records.decidedWithin(hours)) {
        for (const { kycId, sealed } of rows) {
          if (sealed === null) continue;
          const answer = openResult(opened, kycId, sealed);
          if ("unopened" in answer) {
            unopened = addUnopened(unopened, answer.unopened);
            continue;
          }
          const found = replayOne(answer.result, policy);
          if (found === undefined) notReplayable += 1;
          else {
            replayed += 1;
            changes.push(...found);
          }
        }
      }
      const changed = new Set(changes.map(({ kycId }) => kycId)).size;
      const lines = [
        `${counted(replayed, "result")} replayed; ${describeChanges(changed, changes.length)} Nothing was written.`,
        ...changes.map(({ kycId, what, before, after }) => `  ${kycId}  ${what}: ${before} -> ${after}`),
        ...(notReplayable === 0
          ? []
          : [`${counted(notReplayable, "failed result")} cannot be replayed: a failure keeps nothing that was read.`]),
        ...describeUnopened(unopened),
      ];
      const data = { replayed, changedRecords: changed, notReplayable, unopened, policy, changes };
      return { ok: true, report: lines.join("\n"), data };
    });
  },
};

const describeChanges = (records: number, checks: number) =>
  records === 0
    ? "nothing would change."
    : `${counted(records, "record")} would change, in ${counted(checks, "check")}.`;

/** Lists what would change; `undefined` if the result keeps no data for a policy. */
function replayOne(result: Result, policy: Policy): Change[] | undefined {
  return result.status === "ocr_complete" ? replaySuccess(result, policy) : replayFailure(result, policy);
}

/** Compares the stored checks with the checks under this policy. Ages and expiry count on the day of the verdict. */
function replaySuccess(result: Success, policy: Policy): Change[] {
  const { kycId, evidence, checks, faceMatch } = result;
  const assessment = assessPassport({
    reading: evidence.passport,
    secondMrz: evidence.secondMrz,
    reader: evidence.reader,
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
  const { similarity, threshold } = faceMatch;
  if (similarity !== null && similarity < policy.faceMatchThreshold) {
    const after = `face_mismatch at ${policy.faceMatchThreshold}`;
    changes.push({ kycId, what: "face_match", before: `${similarity} of ${threshold}`, after });
  }
  return changes;
}

function replayFailure({ kycId, failureCode, facts }: Failed, { faceMatchThreshold }: Policy): Change[] | undefined {
  const { similarity, threshold } = facts;
  if (failureCode !== "face_mismatch" || typeof similarity !== "number") return undefined;
  if (similarity < faceMatchThreshold) return [];
  // The failure ended the run, so the result holds no other data about this submission.
  const after = `would match at ${faceMatchThreshold} (the rest was not kept: the person would have to submit again)`;
  return [{ kycId, what: "face_match", before: `face_mismatch, ${similarity} of ${String(threshold)}`, after }];
}
