/** The fields of the passport and the checks, with their evidence in words. Amber is only what a person must look at. */
import { card, element, pairList, words } from "./element.js";

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
const CHECK_STATES = { passed: "Passed", warning: "Look", failed: "Failed", not_executed: "Not done" };

/** The fields. `findings` are what is wrong, `isReadOnce` says that both readings of the MRZ come from one reader. */
export function fieldsCard({ fields }, findings, isReadOnce) {
  const rows = Object.entries(fields).map(([name, field]) => {
    const wrong = findings.filter(({ about }) => about.includes(name)).map(({ text }) => text);
    const isOdd = wrong.length > 0 || field.state === "conflict";
    return element(
      "tr",
      { class: isOdd ? "look" : "" },
      element("th", { scope: "row" }, words(name)),
      element("td", { class: DATES.has(name) ? "value date" : "value" }, field.value ?? "–"),
      element("td", {}, isOdd ? oddEvidence(field, wrong) : evidenceOf(field, isReadOnce, DATES.has(name))),
    );
  });
  const head = ["Field", "Value", "How it is known"].map((title) => element("th", { scope: "col" }, title));
  return card(
    "Passport",
    element("table", { class: "fields" }, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows)),
  );
}

/** What supports a value, in short sentences. */
function evidenceOf({ state, value, sources }, isReadOnce, isDate) {
  const printed = sources.find(({ zone }) => zone === "printed");
  const readings = new Set(sources.filter(({ zone }) => zone !== "printed").map((source) => source.value));
  const facts = [readings.size > 1 ? SETTLED[state] : sentenceOf(state, printed !== undefined, isReadOnce)];
  if (sources.some(({ checkDigit }) => checkDigit === "holds")) facts.push("Check digit holds.");
  const said = facts.join(" ");
  if (printed?.printed == null || printed.printed === value) return [said];
  return [`${said} Printed `, element("span", { class: isDate ? "date" : "" }, `“${printed.printed}”.`)];
}

function sentenceOf(state, isPrinted, isReadOnce) {
  switch (state) {
    case "confirmed":
      return isReadOnce ? "Page and MRZ agree." : "Page and both MRZ readings agree.";
    case "agreed":
      return "Page and MRZ agree, both read by one reader.";
    case "checked":
      return isPrinted ? "Page and MRZ agree in part." : "In the MRZ only.";
    case "single_source":
      return isPrinted ? "On the page only." : "In the MRZ only.";
    default:
      return "Nothing was read.";
  }
}

function oddEvidence({ sources }, wrong) {
  const digits = { holds: ", its check digit holds", fails: ", its check digit does not hold" };
  return [
    ...wrong.map((text) => element("p", {}, text)),
    element(
      "ul",
      {},
      sources.map(({ zone, value, checkDigit, repaired }) =>
        element(
          "li",
          {},
          `${words(PLACES[zone])}: `,
          element("b", { class: "date" }, value),
          `${digits[checkDigit] ?? ""}${repaired ? ", repaired" : ""}`,
        ),
      ),
    ),
  ];
}

/** The checks, those that are never done included. `isReadOnce` says that the local reader answered for Gemini. */
export function checksCard(checks, findings, isReadOnce) {
  const isOpen = (name) => findings.some(({ about }) => about.includes(name));
  const rows = checks.map(({ name, state, reasons }) =>
    element(
      "li",
      { class: state === "not_executed" && isOpen(name) ? "warning" : state },
      element("span", {}, words(name)),
      element("span", { class: "state" }, CHECK_STATES[state]),
      reasons.map(({ field, message }) => element("p", {}, field === null ? null : `${words(field)}: `, message)),
    ),
  );
  const note = isReadOnce ? element("p", { class: "muted" }, NOT_JUDGED) : null;
  return card("Checks", element("ul", { class: "checks" }, rows), note);
}

/** The stamp page. */
export function stampCard(stamp) {
  if (!stamp.present) return card("Stamp", element("p", {}, "No stamp was found on the page."));
  const date = stamp.date.value === null ? null : element("span", { class: "date" }, stamp.date.value);
  const pairs = [
    ["Kind", stamp.kind],
    ["Country", stamp.country.value],
    ["Date", date],
    ["Place", stamp.place.value],
    ["Text", stamp.text],
  ];
  return card("Stamp", pairList(pairs));
}
