/** Builds DOM elements. Text is always text: nothing that a document says can become markup. */

/**
 * An element, such as `p.muted`. A plain object is its attributes: `true` sets one, `false` leaves it out. All else are
 * its children, of which `null` and `false` are left out.
 */
export function element(selector, ...content) {
  const [tag, ...classes] = selector.split(".");
  const made = document.createElement(tag);
  if (classes.length > 0) made.className = classes.join(" ");
  const attributes = content[0]?.constructor === Object ? content.shift() : {};
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...content.flat().filter((child) => child !== null && child !== false));
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
    .replaceAll(/_|(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase()
    .replace("mrz", "MRZ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** Milliseconds as a person says them. */
export const formatMs = (ms) => (ms < 1_000 ? `${Math.max(0, Math.round(ms))} ms` : `${(ms / 1_000).toFixed(1)} s`);

/** A share as a percentage, rounded down: what is below a threshold does not look like it. */
export const percent = (share) => `${(Math.floor(share * 1_000) / 10).toFixed(1)} %`;

/** A coloured word; `tone` is good, fair, bad or plain. */
export const badge = (tone, text) => element(`span.badge.${tone}`, text);

/** A date or another text of digits, which stays on one line. */
export const date = (text) => element("span.date", text);

/** A section of the page with a title. */
export const card = (title, ...content) => element("section.card", element("h3", title), ...content);

/** Names and values. */
export const pairList = (pairs) =>
  element(
    "dl.pairs",
    pairs.flatMap(([name, value]) => [element("dt", name), element("dd", value ?? "–")]),
  );

/** A text to copy: its title, a button and the text itself. Only a command may break its lines. */
export function copyable(title, text, kind = "command") {
  const button = element("button.button.quiet", { type: "button", "aria-label": `Copy: ${title}` }, "Copy");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  });
  return element(
    "div.copyable",
    element("div.copy-head", element("b", title), button),
    element(`pre.${kind}`, { tabindex: "0", role: "region", "aria-label": title }, text),
  );
}
