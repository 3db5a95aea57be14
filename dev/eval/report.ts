/** Puts the outcome of an eval into tables. */
import { PASSPORT_FIELDS } from "../../lib/passport/assessment.ts";
import { FIELD_STATES } from "../../lib/passport/evidence.ts";
import { FIELDS_IN_BOTH_ZONES } from "../../lib/passport/assessment.ts";
import type { Violation } from "./judge.ts";
import type { GenuineRow, WrongRow } from "./run-kinds.ts";
import type { EvalSummary } from "./run-rules.ts";

type Row = readonly (string | number)[];

/** Columns as wide as their widest cell: the first to the left, the others to the right. */
function table(header: Row, rows: readonly Row[]): string {
  const all = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ");
  return all.map((row) => line(row).trimEnd()).join("\n");
}

function genuineTable({ genuineStates, flagged }: EvalSummary): string {
  const rows = PASSPORT_FIELDS.map((field) => [
    field,
    ...FIELD_STATES.map((state) => genuineStates.get(field)?.[state] ?? 0),
    flagged.filter((violation) => violation.field === field).length,
  ]);
  return table(["field", ...FIELD_STATES, "flagged"], rows);
}

function misreadTable({ cells }: EvalSummary): string {
  const rows = [...cells]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([kind, row]) => [
      kind,
      ...[...FIELDS_IN_BOTH_ZONES, "line1", "line2"].map((field) => {
        const cell = row.get(field);
        return cell === undefined ? "" : `${cell.wrongConfirmed}/${cell.readings}`;
      }),
    ]);
  return table(["misreading", ...FIELDS_IN_BOTH_ZONES, "line1", "line2"], rows);
}

function statesTable({ misreadStates }: EvalSummary): string {
  const rows = [...misreadStates].map(([zone, states]) => [zone, ...FIELD_STATES.map((state) => states[state] ?? 0)]);
  return table(["misread in", ...FIELD_STATES], rows);
}

/** The commonest of what was said, in a few words. */
const commonest = (counts: ReadonlyMap<string, number>) =>
  [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([code, count]) => `${code} ${count}`)
    .join(", ");

function genuineKinds(rows: readonly GenuineRow[]): string {
  return table(
    ["genuine kind", "drawn", "flagged", "read again", "because"],
    rows.map((row) => [row.kind, row.drawn, row.flagged, row.readAgain, commonest(row.reasons)]),
  );
}

function wrongKinds(title: string, rows: readonly WrongRow[]): string {
  return table(
    [
      title,
      "drawn",
      "agreed alone",
      "confirmed beside reader",
      "silent alone",
      "silent beside reader",
      "seen alone by",
    ],
    rows.map((row) => [
      row.kind,
      row.drawn,
      row.agreedAlone,
      row.confirmedBesideReader,
      row.silentAlone,
      row.silentBesideReader,
      commonest(row.seenBy),
    ]),
  );
}

function violations(title: string, found: readonly Violation[]): string {
  const shown = found
    .slice(0, 20)
    .map(({ seed, field, kind, detail }) => `  seed ${seed}  ${field}  ${kind}  ${detail}`);
  return [`${title}: ${found.length}`, ...shown].join("\n");
}

/** The whole report. */
export function report(summary: EvalSummary): string {
  return [
    `${summary.genuineReadings} genuine readings: what their fields came out as`,
    genuineTable(summary),
    "",
    `${summary.misreadReadings} readings with one or two misreadings, and ${summary.blindSwaps} with every blind swap in every`,
    "place of a document number: wrong values that came out confirmed / readings with that misreading of that field",
    misreadTable(summary),
    "",
    "What misread fields came out as (confirmed: the reported value is right all the same)",
    statesTable(summary),
    "",
    "Genuine readings of every kind, without the reader and beside one that is right: none may be flagged",
    genuineKinds(summary.kinds.genuine),
    "",
    "Wrong values, without the reader (alone) and beside one that is right. Silent: nothing at all is said",
    wrongKinds("wrong in one zone", summary.kinds.inOneZone),
    "",
    wrongKinds("wrong in both zones alike", summary.kinds.inBothZones),
    `(Among the readings above, both zones came to the same wrong value ${summary.agreedByChance.length} times by chance.)`,
    "",
    violations("Wrong values confirmed or agreed (must be 0)", summary.wrongConfirmed),
    violations("Genuine fields in conflict and genuine checks not passed (must be 0)", summary.flagged),
  ].join("\n");
}

/** Whether the rules kept their promises. */
export function isClean({ wrongConfirmed, flagged, kinds }: EvalSummary): boolean {
  const { genuine, inOneZone, inBothZones } = kinds;
  const wrong = [...inOneZone, ...inBothZones];
  return (
    wrongConfirmed.length === 0 &&
    flagged.length === 0 &&
    genuine.every((row) => row.flagged === 0 && row.readAgain === 0) &&
    inOneZone.every(({ agreedAlone }) => agreedAlone === 0) &&
    wrong.every((row) => row.confirmedBesideReader === 0)
  );
}
