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

/** `issuingState`, `mrz_check_digits` as words. */
export const words = (name) => {
  const spaced = name
    .replaceAll("_", " ")
    .replaceAll(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .replace("mrz", "MRZ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
};

/** A picture of the console once it is fetched, or the reason why it is missing; with `isLink`, it opens in full. */
export function pictureOf(src, alt, isLink = false) {
  const holder = element(
    isLink ? "a" : "span",
    isLink ? { href: src, target: "_blank", rel: "noopener", "aria-label": alt } : {},
  );
  holder.className = "picture";
  void fetch(src)
    .then(async (response) => {
      if (response.headers.get("content-type") !== "image/jpeg") throw new Error((await response.json()).why);
      const picture = element("img", { alt, src: URL.createObjectURL(await response.blob()) });
      await picture.decode();
      holder.replaceChildren(picture);
    })
    .catch(({ message }) => holder.replaceWith(element("p", { class: "nopicture" }, message)));
  return holder;
}

/** A coloured word; `tone` is good, fair, bad or plain. */
export const badge = (tone, text) => element("span", { class: `badge ${tone}` }, text);

/** A section of the page with a title. */
export function card(title, ...content) {
  return element("section", { class: "card" }, element("h3", {}, title), ...content);
}
