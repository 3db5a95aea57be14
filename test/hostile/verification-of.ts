/** Turns a model's reply, as text, into the result for the backend, through every step of the service. */
import { parseReply } from "../../lib/providers/gemini/answer.ts";
import { assessPassport } from "../../lib/passport/assess.ts";
import { mrzReadingSchema, passportReadingSchema } from "../../lib/passport/reading.ts";
import { resultSchema, successResult } from "../../lib/result.ts";
import { sampleVerification } from "../readings/sample-verification.ts";

export const TODAY = new Date("2026-11-22T12:00:00Z");
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false };
const ABOUT = { kycId: 1, submission: undefined, attempts: 1, completedAt: TODAY, version: "1.0.0" };

/** Verifies a reply, and the reply to a second reading. Throws if a reply does not match the schema. */
export function verificationOf(reply: string, secondReply?: string) {
  const reading = parseReply(reply, passportReadingSchema);
  const secondMrz = secondReply === undefined ? undefined : parseReply(secondReply, mrzReadingSchema);
  const assessment = assessPassport({ reading, secondMrz, today: TODAY, policy: POLICY });
  const evidence = { passport: reading, ...(secondMrz && { secondMrz }) };
  const result = successResult(ABOUT, sampleVerification(TODAY, { assessment, evidence }));
  resultSchema.parse(result);
  return { reading, assessment, result };
}

/** Lists the decisions of a verification: its verdict, and each check with its reasons. */
export function decisionsOf({
  assessment,
}: Pick<ReturnType<typeof verificationOf>, "assessment">): Readonly<Record<string, string | number | null>> {
  const checks = assessment.checks.map(({ name, state, reasons }) => {
    const codes = reasons.map(({ code, field }) => (field === undefined ? code : `${code} ${field}`));
    return [name, [state, ...codes].join(" ")] as const;
  });
  return { verdict: assessment.verdict, age: assessment.holderAgeYears, ...Object.fromEntries(checks) };
}

/** Lists every text in a value, at any depth. */
export function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...textsIn(inner)]);
}
