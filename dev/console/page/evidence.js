/** What was read in the passport, and how the faces compare. */
import { badge, card, element, words } from "./element.js";

const FIELD_TONES = {
  confirmed: "good",
  agreed: "good",
  checked: "good",
  single_source: "fair",
  conflict: "bad",
  missing: "plain",
};
const ZONES = { printed: "printed", mrz: "MRZ", mrz_second_reading: "MRZ again", mrz_reader: "MRZ by the reader" };
const READ_AGAIN = { agrees: "says the same", differs: "differs", unreadable: "found no lines" };

/** The fields of the passport with their evidence, and the machine readable zone. */
export function fieldsCard({ fields, mrz }) {
  const rows = Object.entries(fields).map(([name, { value, state, sources }]) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, words(name)),
      element("td", { class: "value" }, value ?? "–"),
      element("td", {}, badge(FIELD_TONES[state], words(state))),
      element("td", { class: "sources" }, sources.length === 0 ? "–" : sources.map(sourceLine)),
    ),
  );
  const head = ["Field", "Value", "Evidence", "Sources"].map((title) => element("th", { scope: "col" }, title));
  return card(
    "Passport",
    element("table", { class: "fields" }, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows)),
    element("h4", {}, "Machine readable zone"),
    element("pre", { class: "mrz", tabindex: "0", "aria-label": "Machine readable zone" }, [
      mrz.line1 ?? "(line 1 not read)",
      "\n",
      mrz.line2 ?? "(line 2 not read)",
    ]),
    element("p", { class: "muted" }, mrzFacts(mrz)),
  );
}

function sourceLine({ zone, value, printed, checkDigit, repaired }) {
  const facts = [
    printed !== null && printed !== value ? `“${printed}”` : null,
    checkDigit === "holds" ? "check digit holds" : checkDigit === "fails" ? "check digit FAILS" : null,
    repaired ? "repaired" : null,
  ].filter((fact) => fact !== null);
  return element(
    "div",
    {},
    element("span", { class: "zone" }, ZONES[zone]),
    element("span", {}, `${value} `, facts.length === 0 ? null : element("small", {}, facts.join(", "))),
  );
}

function mrzFacts({ checkDigits, repaired, line1From, line2From, secondReading }) {
  const failed = checkDigits === null ? [] : Object.entries(checkDigits).filter(([, state]) => state === "failed");
  const digits =
    checkDigits === null
      ? "No check digits were read"
      : failed.length === 0
        ? "All check digits hold"
        : `Check digits that do not hold: ${failed.map(([name]) => words(name).toLowerCase()).join(", ")}`;
  const byReader = [line1From, line2From].filter((from) => from === "reader").length;
  const reader = `lines that the reader is sure of: ${byReader} of 2`;
  const second =
    secondReading === "none"
      ? "Gemini did not read them again"
      : `Gemini's second reading ${READ_AGAIN[secondReading]}`;
  return `${digits}; ${reader}; ${second}${repaired === null ? "" : `; repaired (${words(repaired).toLowerCase()})`}.`;
}

/** How similar the faces are. */
export function facesCard({ engine, similarity, threshold, facesInPassport, facesInSelfie }, engines) {
  const percent = (value) => `${(value * 100).toFixed(1)} %`;
  return card(
    "Faces",
    similarity === null
      ? element("p", {}, "Gemini says: the same person. It measures nothing, so a human should look.")
      : element(
          "div",
          {},
          element("p", { class: "big" }, percent(similarity)),
          element("meter", {
            min: 0,
            max: 1,
            low: threshold,
            high: threshold,
            optimum: 1,
            value: similarity,
            "aria-label": "Similarity",
          }),
        ),
    element(
      "p",
      { class: "muted" },
      `${engine === "compreface" ? `CompreFace (${engines.CompreFace})` : "Gemini"} · threshold ${percent(threshold)} · faces: ${facesInPassport} in the passport, ${facesInSelfie} in the selfie`,
    ),
  );
}
