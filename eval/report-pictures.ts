/** Puts into tables how well pictures were read. Every figure is from this run; a figure without pictures is `-`. */
import type { Call } from "../lib/observe/calls.ts";
import { formatTable } from "../dev/stack/table.ts";
import { measurePictures, readOnes, type Accuracy } from "./measure-pictures.ts";
import type { PictureOutcome } from "./read-pictures.ts";

const percent = (part: number, whole: number) => (whole === 0 ? "-" : `${((100 * part) / whole).toFixed(1)} %`);

function accuracyTable(outcomes: readonly PictureOutcome[]): string {
  const row = ([name, it]: readonly [string, Accuracy]) => [
    name,
    percent(it.valueExact, it.pictures),
    percent(it.printedExact, it.pictures),
    percent(it.wrongCharacters, it.drawnCharacters),
    ...(name.startsWith("mrz") ? ["", "", ""] : [it.confirmed, it.confirmedWrong, it.conflicts].map(String)),
  ];
  const head = ["field", "value exact", "as printed", "characters wrong", "confirmed", "of them wrong", "conflicts"];
  return formatTable(head, [...measurePictures(outcomes)].map(row));
}

/** How often each of these texts occurs, the most frequent first. */
function countEach(texts: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  const lines = [...counts].toSorted(([, a], [, b]) => b - a).map(([text, count]) => `  ${count} ${text}`);
  return lines.length === 0 ? "  none" : lines.join("\n");
}

function tokens(outcomes: readonly PictureOutcome[]): string {
  const charged = outcomes.flatMap(({ calls }) => calls.filter((call) => call.tokens !== undefined));
  const sum = (amount: (call: Call) => number) => charged.reduce((total, call) => total + amount(call), 0);
  const input = sum((call) => call.tokens?.inputTokens ?? 0);
  const output = sum((call) => call.tokens?.outputTokens ?? 0);
  const mean = charged.length === 0 ? "-" : Math.round(sum((call) => call.durationMs) / charged.length);
  return `${charged.length} answers, ${input} tokens in, ${output} tokens out, ${mean} ms on average`;
}

/** The whole report on the pictures that were sent to `model`. */
export function reportPictures(outcomes: readonly PictureOutcome[], model: string): string {
  const read = readOnes(outcomes);
  const states = new Set(outcomes.map(({ passport }) => passport.issuingState)).size;
  const failures = outcomes.flatMap((outcome) => ("failure" in outcome ? [outcome.failure] : []));
  const checks = read.flatMap(({ assessment }) =>
    assessment.checks
      .filter(({ state }) => state !== "passed")
      .map(
        ({ name, state, reasons }) => `${name} ${state}: ${[...new Set(reasons.map(({ code }) => code))].join(" ")}`,
      ),
  );
  const second = read.filter((one) => one.second !== undefined);
  return [
    `${outcomes.length} drawn passports of ${states} issuing states, sent to ${model}: ${read.length} read`,
    accuracyTable(outcomes),
    "",
    "Pictures that were not read, by reason",
    countEach(failures),
    "Checks that did not pass, although every drawn passport is genuine",
    countEach(checks),
    `Second readings of the MRZ: ${second.length}`,
    countEach(second.map(({ assessment }) => assessment.mrz.secondReading)),
    tokens(outcomes),
  ].join("\n");
}
