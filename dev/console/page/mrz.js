/** The machine readable zone: its strip in the picture, and every reading of it, character by character. */
import { card, element, words } from "./element.js";
import { pictureButton } from "./picture.js";

/** How much is shown around the strip, in thousandths of the picture. */
const AROUND = 10;
const LINES = ["line1", "line2"];

/** The strip and its readings. `readBy` names what answered for Gemini, `isOpen` says that a person must look. */
export function mrzCard({ passport: { mrz }, evidence }, { picture, readBy, isOpen }) {
  const box = evidence.passport.mrzBox;
  const readings = readingsOf(evidence, readBy);
  const made = card(
    "Machine readable zone, as it was read",
    box !== null &&
      element(
        "div.strip",
        pictureButton(picture, "The passport", async () => around(box)),
      ),
    ...LINES.map((line) => lineBlock(line, readings, mrz[line])),
    element("ul.facts-list", factsOf(mrz, readings, readBy)),
  );
  made.classList.toggle("open", isOpen);
  return made;
}

function around([top, left, bottom, right]) {
  const inside = (value) => Math.min(Math.max(value, 0), 1_000) / 1_000;
  return {
    left: inside(left - AROUND),
    top: inside(top - AROUND),
    right: inside(right + AROUND),
    bottom: inside(bottom + AROUND),
  };
}

/** Every reading with its name, and why a line of it may be missing. */
function readingsOf({ passport, secondMrz, reader }, readBy) {
  const why = "could not read it";
  const own = { line1: null, line2: null, ...(reader !== "off" && reader) };
  return [
    { name: readBy, ...passport.mrz, why },
    ...(secondMrz === undefined ? [] : [{ name: `${readBy}, again`, ...secondMrz, why }]),
    { name: "the service's own reader", ...own, why: whyUnread(reader) },
  ];
}

function whyUnread(reader) {
  if (reader === "off") return "is switched off";
  if (reader === undefined) return "gave no answer";
  return reader.reason === "no_zone" ? "sees no such line" : "is not sure of this line";
}

/** A line in every reading, with the characters marked that the readings dispute. */
function lineBlock(line, readings, used) {
  const texts = readings.map((reading) => reading[line]).filter((text) => text !== null);
  const isDisputed = (index) => new Set(texts.map((text) => text[index])).size > 1;
  const marked = (text) => [...text].map((one, index) => (isDisputed(index) ? element("mark", one) : one));
  const isRepaired = used !== null && texts.length > 0 && !texts.includes(used);
  const rows = isRepaired ? [...readings, { name: "repaired", [line]: used }] : readings;
  return element(
    "dl.readings",
    rows.flatMap(({ name, why, [line]: text }) => [
      element("dt", name),
      text === null ? element("dd.unread", `The reader ${why}.`) : element("dd", element("code.mrz", marked(text))),
    ]),
  );
}

function factsOf({ checkDigits, repaired, ...used }, readings, readBy) {
  const fair = (text) => element("li.fair", text);
  const names = Object.keys(checkDigits ?? {}).filter((name) => checkDigits[name] === "failed");
  const failed = names.map((name) => words(name).toLowerCase());
  return [
    checkDigits === null && fair("No check digits were read."),
    checkDigits !== null && failed.length === 0 && element("li", "All check digits hold."),
    failed.length > 0 && fair(`Check digits that do not hold: ${failed.join(", ")}.`),
    ...LINES.flatMap((line) => disputesOf(line, readings, used[line])).map(fair),
    repaired !== null && fair(`Line 2 was repaired: ${words(repaired).toLowerCase()}.`),
    readBy === "the local reader" &&
      element("li", "Both readings come from the same reader: the local one stands in for Gemini."),
  ];
}

/** Each place at which two readings differ, as a sentence. */
function disputesOf(line, readings, used) {
  const [first, ...others] = readings.filter((reading) => reading[line] !== null);
  return others.flatMap((other) =>
    [...first[line]].flatMap((character, index) => {
      const otherCharacter = other[line][index];
      if (otherCharacter === character) return [];
      const said = `${first.name} says ${character}, ${other.name} says ${otherCharacter ?? "nothing"}`;
      return `Line ${line.at(-1)}, character ${index + 1}: ${said}. The result takes ${used?.[index] ?? "neither"}.`;
    }),
  );
}
