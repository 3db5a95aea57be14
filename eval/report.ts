/** Puts the outcome of an eval of the rules into tables. */
import { FIELD_STATES } from "../lib/passport/evidence.ts";
import { formatTable } from "../dev/stack/table.ts";
import type { EvalSummary, Row } from "./run-rules.ts";

/** The commonest of what was said, in a few words. */
const commonest = ({ reasons }: Row) =>
  [...reasons]
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 3)
    .map(([code, count]) => `${code} ${count}`)
    .join(", ");

const GENUINE_HEAD = ["genuine kind", "drawn", "flagged", "read again", "because"];
const genuineCells = (row: Row) => [row.kind, row.drawn, row.flagged, row.readAgain, commonest(row)];

const wrongHead = (title: string) => [
  title,
  "drawn",
  "agreed alone",
  "agreed, read again",
  "confirmed beside reader",
  "silent alone",
  "silent beside reader",
  "seen alone by",
];
const wrongCells = (row: Row) => [
  row.kind,
  row.drawn,
  row.agreedAlone,
  row.agreedReadAgain,
  row.agreedBesideReader,
  row.silentAlone,
  row.silentBesideReader,
  commonest(row),
];

const wrongTable = (title: string, rows: readonly Row[]) => formatTable(wrongHead(title), rows.map(wrongCells));

/** The whole report. */
export function report({ ordinaryStates, genuine, misread, inOneZone, inBothZones }: EvalSummary): string {
  const states = [...ordinaryStates].map(([field, counts]) => [
    field,
    ...FIELD_STATES.map((state) => counts[state] ?? 0),
  ]);
  return [
    "Ordinary genuine readings, without the reader: what their fields came out as",
    formatTable(["field", ...FIELD_STATES], states),
    "",
    "Genuine readings, without the reader and beside one that is right: none may be flagged",
    formatTable(GENUINE_HEAD, genuine.map(genuineCells)),
    "",
    "Wrong values: without the reader (alone), after a second reading of the MRZ, which is right or repeats the first, and beside",
    "a reader that is right. Silent: nothing at all is said. In one zone, none may be agreed",
    wrongTable("misread", misread),
    "",
    wrongTable("wrong in one zone", inOneZone),
    "",
    "In both zones, none may be confirmed beside the reader",
    wrongTable("wrong in both zones", inBothZones),
  ].join("\n");
}

/** Whether the rules kept their promises. */
export function isClean({ genuine, misread, inOneZone, inBothZones }: EvalSummary): boolean {
  return (
    genuine.every((row) => row.flagged === 0 && row.readAgain === 0) &&
    [...misread, ...inOneZone].every((row) => row.agreedAlone === 0 && row.agreedReadAgain === 0) &&
    [...misread, ...inOneZone, ...inBothZones].every((row) => row.agreedBesideReader === 0)
  );
}
