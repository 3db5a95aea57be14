/** Builds DOM elements. Text is always text: nothing that a document says can become markup. */

/**
 * An element with properties (`class` and attributes; `on…` are listeners; `true` sets, `false` and null leave out) and
 * children.
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : String(value));
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

/** The element of the page with this id. */
export const byId = (id) => document.getElementById(id);

const SPECIAL = {
  image_quality: "Picture quality",
  document_type: "Kind of document",
  mrz_check_digits: "Check digits",
  printed_zone_against_mrz: "Page against MRZ",
  state_rules: "Rules of the state",
  face_match: "Faces",
};

/** `issuingState`, `second_reader` as words. */
export function words(name) {
  if (name in SPECIAL) return SPECIAL[name];
  const spaced = name
    .replaceAll("_", " ")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace("mrz", "MRZ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** Milliseconds as a person says them. */
export const formatMs = (ms) => (ms < 1_000 ? `${Math.max(0, Math.round(ms))} ms` : `${(ms / 1_000).toFixed(1)} s`);

/** A share as a percentage, rounded down: what is below a threshold does not look like it. */
export const percent = (share) => `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`;

/** A coloured word; `tone` is good, fair, bad or plain. */
export const badge = (tone, text) => element("span", { class: `badge ${tone}` }, text);

/** A section of the page with a title. */
export function card(title, ...content) {
  return element("section", { class: "card" }, element("h3", {}, title), ...content);
}

/** Names and values. */
export function pairList(pairs) {
  const shown = pairs.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value ?? "–")]);
  return element("dl", { class: "pairs" }, shown.flat());
}

/** A text to copy: its title, a button and the text itself. Only a command may break its lines. */
export function copyable(title, text, kind = "command") {
  const button = element("button", { type: "button", class: "button quiet", "aria-label": `Copy: ${title}` }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  });
  return element(
    "div",
    { class: "copyable" },
    element("div", { class: "copy-head" }, element("b", {}, title), button),
    element("pre", { class: kind, tabindex: "0", role: "region", "aria-label": title }, text),
  );
}
