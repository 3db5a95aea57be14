/** The fields of the passport and the checks, with their evidence in words. Amber is only what a person must look at. */
import { card, date, element, pairList, words } from "./element.js";

const PLACES = {
  printed: "page",
  mrz: "MRZ",
  mrz_second_reading: "MRZ, read again",
  mrz_reader: "MRZ, by the service's own reader",
};
const DATES = new Set(["birthDate", "issueDate", "expiryDate"]);
const NOT_JUDGED =
  "The local reader judges neither the picture's quality nor stamps, and it is both readers of the MRZ: these checks only repeat what it reported.";
/** Two readings of the MRZ differ, and the rules have settled it. */
const SETTLED = {
  confirmed: "Page and one MRZ reading agree. The other reading differs.",
  agreed: "Page and one MRZ reading agree. The other reading differs.",
  checked: "The MRZ readings differ. A check supports this one.",
  single_source: "The MRZ readings differ.",
};
const DIGITS = { holds: ", its check digit holds", fails: ", its check digit does not hold" };
const CHECK_STATES = { passed: "Passed", warning: "Look", failed: "Failed", not_executed: "Not done" };

/** The fields. `findings` are what is wrong, `isReadOnce` says that both readings of the MRZ come from one reader. */
export function fieldsCard({ fields }, findings, isReadOnce) {
  const rows = Object.entries(fields).map(([name, field]) => {
    const wrong = findings.filter(({ about }) => about.includes(name)).map(({ text }) => text);
    const isOdd = wrong.length > 0 || field.state === "conflict";
    return element(
      isOdd ? "tr.look" : "tr",
      element("th", { scope: "row" }, words(name)),
      element(DATES.has(name) ? "td.value.date" : "td.value", field.value ?? "–"),
      element("td", isOdd ? oddEvidence(field, wrong) : evidenceOf(field, isReadOnce, DATES.has(name))),
    );
  });
  const head = ["Field", "Value", "How it is known"].map((title) => element("th", { scope: "col" }, title));
  return card("Passport", element("table.fields", element("thead", element("tr", head)), element("tbody", rows)));
}

/** What supports a value, in short sentences. */
function evidenceOf({ state, value, sources }, isReadOnce, isDate) {
  const printed = sources.find(({ zone }) => zone === "printed");
  const readings = new Set(sources.filter(({ zone }) => zone !== "printed").map((source) => source.value));
  const known = readings.size > 1 ? SETTLED[state] : sentenceOf(state, printed !== undefined, isReadOnce);
  const said = sources.some(({ checkDigit }) => checkDigit === "holds") ? `${known} Check digit holds.` : known;
  if (printed?.printed == null || printed.printed === value) return said;
  return [`${said} Printed `, element(isDate ? "span.date" : "span", `“${printed.printed}”.`)];
}

function sentenceOf(state, isPrinted, isReadOnce) {
  const alone = isPrinted ? "On the page only." : "In the MRZ only.";
  const sentences = {
    confirmed: isReadOnce ? "Page and MRZ agree." : "Page and both MRZ readings agree.",
    agreed: "Page and MRZ agree, both read by one reader.",
    checked: isPrinted ? "Page and MRZ agree in part." : alone,
    single_source: alone,
  };
  return sentences[state] ?? "Nothing was read.";
}

function oddEvidence({ sources }, wrong) {
  const readings = sources.map(({ zone, value, checkDigit, repaired }) =>
    element(
      "li",
      `${words(PLACES[zone])}: `,
      element("b.date", value),
      `${DIGITS[checkDigit] ?? ""}${repaired ? ", repaired" : ""}`,
    ),
  );
  return [...wrong.map((text) => element("p", text)), element("ul", readings)];
}

/** The checks, those that are never done included. `isReadOnce` says that the local reader answered for Gemini. */
export function checksCard(checks, findings, isReadOnce) {
  const rows = checks.map(({ name, state, reasons }) => {
    const isOpen = state === "not_executed" && findings.some(({ about }) => about.includes(name));
    return element(
      `li.${isOpen ? "warning" : state}`,
      element("span", words(name)),
      element("span.state", CHECK_STATES[state]),
      reasons.map(({ field, message }) => element("p", field !== null && `${words(field)}: `, message)),
    );
  });
  return card("Checks", element("ul.checks", rows), isReadOnce && element("p.muted", NOT_JUDGED));
}

/** The stamp page. */
export function stampCard({ present, kind, country, date: day, place, text }) {
  if (!present) return card("Stamp", element("p", "No stamp was found on the page."));
  const pairs = [
    ["Kind", kind],
    ["Country", country.value],
    ["Date", day.value && date(day.value)],
    ["Place", place.value],
    ["Text", text],
  ];
  return card("Stamp", pairList(pairs));
}
