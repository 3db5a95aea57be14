/** The machine readable zone: its strip in the picture, and every reading of it, character by character. */
import { card, element, words } from "./element.js";
import { pictureButton } from "./picture.js";

/** How much is shown around the strip, in parts of the picture. */
const AROUND = 0.01;

/** The strip and its readings. `readBy` names what answered for Gemini, `isOpen` says that a person must look. */
export function mrzCard({ passport: { mrz }, evidence }, loaded, { readBy, isOpen }) {
  const box = evidence.passport.mrzBox;
  const readings = readingsOf(evidence, readBy);
  const made = card(
    "Machine readable zone, as it was read",
    box === null
      ? null
      : element(
          "div",
          { class: "strip" },
          pictureButton(loaded("passport"), "The passport", Promise.resolve(around(box))),
        ),
    ...["line1", "line2"].map((line) => lineBlock(line, readings, mrz[line])),
    element("ul", { class: "facts-list" }, factsOf(mrz, readings, readBy)),
  );
  made.classList.toggle("open", isOpen);
  return made;
}

function around([top, left, bottom, right]) {
  const inside = (value) => Math.min(Math.max(value, 0), 1);
  return {
    left: inside(left / 1_000 - AROUND),
    top: inside(top / 1_000 - AROUND),
    right: inside(right / 1_000 + AROUND),
    bottom: inside(bottom / 1_000 + AROUND),
  };
}

/** Every reading with its name, and why it has no lines. */
function readingsOf({ passport, secondMrz, reader }, readBy) {
  const absent = { line1: null, line2: null };
  const own =
    reader === "off"
      ? { ...absent, why: "is switched off" }
      : reader === undefined
        ? { ...absent, why: "gave no answer" }
        : { ...reader, why: reader.reason === "no_zone" ? "sees no such line" : "is not sure of this line" };
  const again = secondMrz === undefined ? [] : [{ name: `${readBy}, again`, ...secondMrz, why: "could not read it" }];
  return [
    { name: readBy, ...passport.mrz, why: "could not read it" },
    ...again,
    { name: "the service's own reader", ...own },
  ];
}

function lineBlock(line, readings, used) {
  const texts = readings.map((reading) => reading[line]).filter((text) => text !== null);
  const isDisputed = (index) => new Set(texts.map((text) => text[index])).size > 1;
  const isRepaired = used !== null && texts.length > 0 && !texts.includes(used);
  const rows = isRepaired ? [...readings, { name: "repaired", [line]: used }] : readings;
  return element(
    "dl",
    { class: "readings" },
    rows.flatMap((reading) => [
      element("dt", {}, reading.name),
      reading[line] === null
        ? element("dd", { class: "unread" }, `The reader ${reading.why}.`)
        : element("dd", {}, element("code", { class: "mrz" }, marked(reading[line], isDisputed))),
    ]),
  );
}

/** The text, with the characters marked that the readings dispute. */
const marked = (text, isDisputed) =>
  [...text].map((character, index) => (isDisputed(index) ? element("mark", {}, character) : character));

function factsOf({ checkDigits, repaired, ...used }, readings, readBy) {
  const facts = [digitsFact(checkDigits)];
  for (const line of ["line1", "line2"]) facts.push(...disputesOf(line, readings, used[line]));
  if (repaired !== null) facts.push(["fair", `Line 2 was repaired: ${words(repaired).toLowerCase()}.`]);
  if (readBy === "the local reader") {
    facts.push(["", "Both readings come from the same reader: the local one stands in for Gemini."]);
  }
  return facts.map(([tone, text]) => element("li", { class: tone }, text));
}

function digitsFact(checkDigits) {
  if (checkDigits === null) return ["fair", "No check digits were read."];
  const failed = Object.entries(checkDigits).filter(([, state]) => state === "failed");
  if (failed.length === 0) return ["", "All check digits hold."];
  return ["fair", `Check digits that do not hold: ${failed.map(([name]) => words(name).toLowerCase()).join(", ")}.`];
}

/** Each place at which two readings differ, as a sentence. */
function disputesOf(line, readings, used) {
  const [first, ...others] = readings.filter((reading) => reading[line] !== null);
  if (first === undefined) return [];
  return others.flatMap((other) =>
    [...first[line]].flatMap((character, index) =>
      other[line][index] === character
        ? []
        : [
            [
              "fair",
              `Line ${line.at(-1)}, character ${index + 1}: ${first.name} says ${character}, ${other.name} says ${other[line][index] ?? "nothing"}. The result takes ${used?.[index] ?? "neither"}.`,
            ],
          ],
    ),
  );
}
