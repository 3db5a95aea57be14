/** Explains a result in plain words: the verdict first, then its contents. */
import { counted } from "./command.ts";
import type { Result } from "./open.ts";

type Success = Extract<Result, { status: "ocr_complete" }>;
type Failed = Extract<Result, { status: "ocr_failed" }>;

/** Explains a result. The text contains personal data. */
export const explain = (result: Result): string =>
  result.status === "ocr_failed" ? explainFailure(result) : explainSuccess(result);

function explainFailure(result: Failed): string {
  const { kycId, failureCode, image, message, personMessage, attempts, completedAt } = result;
  const facts = Object.entries(result.facts).map(([name, value]) => `${name} ${String(value)}`);
  return [
    `Record ${kycId} failed at ${completedAt}, attempt ${attempts}: ${failureCode}${image === null ? "" : ` (${image})`}.`,
    `What happened: ${message}${facts.length === 0 ? "" : ` [${facts.join(", ")}]`}`,
    `Text for the person: ${personMessage}`,
    ...describeEffort(result),
  ].join("\n");
}

function explainSuccess(result: Success): string {
  const { passport, checks } = result;
  const fields = Object.entries(passport.fields).flatMap(([name, { value, state, sources }]) => [
    `  ${name.padEnd(15)} ${(value ?? "-").padEnd(32)} ${state}`,
    // If the zones disagree, a person needs the value of each.
    ...(state === "conflict" ? sources.map((source) => `    ${source.zone}: ${source.value}`) : []),
  ]);
  const checked = checks.map(({ name, state, reasons }) =>
    [
      `  ${name.padEnd(26)} ${state}`,
      ...reasons.map(({ message, field }) => `    ${field === null ? "" : `${field}: `}${message}`),
    ].join("\n"),
  );
  return [
    ...describeVerdict(result),
    ...describeEffort(result),
    `\nPassport\n${fields.join("\n")}`,
    `\nFaces: ${describeFaces(result)}`,
    ...describeStamp(result),
    `\nChecks\n${checked.join("\n")}`,
  ].join("\n");
}

/** Names the worst checks first: a reader relies on them. */
function describeVerdict({ kycId, checks, attempts, completedAt }: Success): string[] {
  const when = `at ${completedAt}, attempt ${attempts}`;
  const [bad, doubtful] = (["failed", "warning"] as const).map((wanted) =>
    checks.filter(({ state }) => state === wanted),
  );
  const reasonsOf = (some: Success["checks"]) =>
    some.flatMap(({ name, reasons }) => reasons.map(({ message }) => `  ${name}: ${message}`));
  const names = (some: Success["checks"]) => some.map(({ name }) => name).join(", ");
  if (bad !== undefined && bad.length > 0) {
    const verb = bad.length === 1 ? "check failed" : "checks failed";
    const look = doubtful?.length ? `; a human also has to look at ${names(doubtful)}` : "";
    return [
      `Record ${kycId} was read and compared ${when}, but ${bad.length} ${verb}: ${names(bad)}${look}.`,
      ...reasonsOf(bad),
    ];
  }
  if (doubtful !== undefined && doubtful.length > 0) {
    const first = `Record ${kycId} was read and compared ${when}, but a human has to look: ${names(doubtful)}.`;
    return [first, ...reasonsOf(doubtful)];
  }
  return [`Record ${kycId} was verified ${when}.`];
}

function describeFaces({ faceMatch: { engine, similarity, threshold } }: Success): string {
  return `${engine}, ${similarity === null ? "no score" : `similarity ${similarity}, threshold ${threshold}`}`;
}

function describeStamp({ stamp }: Success): string[] {
  if (stamp === null) return [];
  if (!stamp.present) return ["\nStamp\n  no stamp was found on the page"];
  const { kind, country, date, place, text } = stamp;
  const entries = Object.entries({ kind, country: country.value, date: date.value, place: place.value, text });
  return [`\nStamp\n${entries.map(([name, value]) => `  ${name.padEnd(15)} ${value ?? "-"}`).join("\n")}`];
}

/** `fetch_pictures` comes first. Then these branches run side by side, each with its steps one after the other. */
const SIDE_BY_SIDE = [["read_passport", "read_mrz_again"], ["read_stamp"], ["compare_faces"]] as const;

function describeEffort({ timings, calls }: Result): string[] {
  const charged = calls.flatMap(({ tokens }) => (tokens === undefined || tokens.inputTokens === 0 ? [] : [tokens]));
  const tokens = charged.reduce((sum, { inputTokens, outputTokens }) => sum + inputTokens + outputTokens, 0);
  const parts = [
    ...(timings === undefined ? [] : [`${(durationMs(timings.stepsMs) / 1_000).toFixed(1)} s`]),
    `${counted(charged.length, "call")} to Gemini`,
    `${tokens.toLocaleString("en-US")} ${tokens === 1 ? "token" : "tokens"}`,
  ];
  return timings === undefined && charged.length === 0 ? [] : [`Took ${parts.join(", ")}.`];
}

function durationMs(stepsMs: Readonly<Record<string, number>>): number {
  const inRow = (steps: readonly string[]) => steps.reduce((sum, step) => sum + (stepsMs[step] ?? 0), 0);
  return inRow(["fetch_pictures"]) + Math.max(...SIDE_BY_SIDE.map(inRow));
}
