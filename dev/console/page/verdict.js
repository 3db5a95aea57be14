/** The verdict: who, which document, how the faces compare, what is wrong, and the text for the person. */
import { badge, element, formatMs, percent, words } from "./element.js";
import { loadPicture, pictureButton, squareAround } from "./picture.js";

const SEXES = { M: "male", F: "female", X: "sex X" };

/** The card that comes first. */
export function verdictCard(outcome, loaded, readBy) {
  const { verdict, result, kycId, label, row, tookMs } = outcome;
  const passport = result?.status === "ocr_complete" ? result.passport.fields : null;
  const faces = outcome.images.includes("passport") ? facesBlock(outcome, loaded) : null;
  const wrong = block("What is wrong", wrongList(verdict, result));
  const toPerson = block("Text for the person", textFor(verdict));
  const facts = [`Record ${kycId}`, label, tookMs === null ? null : `took ${formatMs(tookMs)}`];
  return element(
    "section",
    { class: `card verdict ${verdict.tone}`, "aria-labelledby": "verdict-title" },
    element(
      "div",
      { class: "verdict-head" },
      element("p", { class: "facts" }, facts.filter((fact) => fact !== null).join(" · ")),
      badge("plain", row?.status ?? "no record"),
      element("h2", { id: "verdict-title" }, verdict.title),
      element("p", { class: "next" }, verdict.next),
    ),
    ...(passport === null
      ? [body(faces, element("div", { class: "who" }, wrong, toPerson))]
      : [body(whoBlock(passport, readBy), faces), body(wrong, toPerson)]),
  );
}

const body = (...blocks) => element("div", { class: "verdict-body" }, blocks);

const block = (title, ...content) => element("div", { class: "block" }, element("h3", {}, title), ...content);

function whoBlock({ surname, givenNames, birthDate, sex, documentNumber, issuingState, expiryDate }, readBy) {
  const date = (value) => element("span", { class: "date" }, value ?? "not read");
  return element(
    "div",
    { class: "who" },
    block(
      "Person",
      element("p", { class: "name" }, element("b", {}, surname.value ?? "not read"), ` ${givenNames.value ?? ""}`),
      element(
        "p",
        {},
        "born ",
        date(birthDate.value),
        sex.value === null ? null : `, ${SEXES[sex.value] ?? sex.value}`,
      ),
    ),
    block(
      "Document",
      element("p", { class: "name" }, element("b", { class: "date" }, documentNumber.value ?? "number not read")),
      element(
        "p",
        {},
        `passport, issued by ${issuingState.value ?? "a state not read"}, valid until `,
        date(expiryDate.value),
      ),
      element("p", { class: "muted" }, `Read by ${readBy}.`),
    ),
  );
}

/** The faces and the scale. A failure has what was measured among its facts. */
function facesBlock({ kycId, result, images, engines }, loaded) {
  const found = fetch(`/api/records/${kycId}/faces`).then((response) => response.json());
  const match = result?.faceMatch ?? (result?.failureCode === "face_mismatch" ? result.facts : null);
  const compared = element("p", { class: "muted" });
  if (match !== null) {
    const say = (name) => (compared.textContent = `Compared by ${name}. ${countFaces(match)}`);
    if (match.engine === "gemini") say(lowerThe(engines.gemini));
    else void found.then(({ comparedBy }) => say(comparedBy));
  }
  const pair = images
    .filter((image) => image !== "stamp")
    .map((image) => {
      const cut = Promise.all([found, loaded(image)]).then(([{ boxes }, picture]) =>
        squareAround(boxes[image], picture),
      );
      const title = `The submitted ${image} picture`;
      return element("figure", {}, pictureButton(loaded(image), title, cut), element("figcaption", {}, words(image)));
    });
  return block("Faces", element("div", { class: "faces" }, pair), scaleOf(match), match === null ? null : compared);
}

const lowerThe = (name) => name.replace(/^The /, "the ");

const countFaces = ({ facesInPassport, facesInSelfie }) =>
  `Faces: ${facesInPassport} in the passport, ${facesInSelfie} in the selfie.`;

function scaleOf(match) {
  if (match === null) return element("p", { class: "muted" }, "No comparison of the faces was saved.");
  const { similarity, threshold } = match;
  if (similarity === null) return element("p", {}, "No similarity was measured, so there is no scale.");
  const isSame = similarity >= threshold;
  const mark = element("span", { class: "scale-mark" });
  mark.style.insetInlineStart = `${similarity * 100}%`;
  const limit = element("span", { class: "scale-limit" });
  limit.style.insetInlineStart = `${threshold * 100}%`;
  const needed = element("small", { class: "scale-needed" }, `threshold ${percent(threshold)}`);
  needed.style.marginInlineStart = `clamp(0%, ${threshold * 100}% - 3.75rem, 100% - 7.5rem)`;
  const text = `Similarity ${percent(similarity)}, ${isSame ? "above" : "below"} the threshold of ${percent(threshold)}`;
  return element(
    "div",
    { class: `scale ${isSame ? "good" : "bad"}` },
    element("p", {}, element("b", {}, percent(similarity)), " similar"),
    element("div", { class: "scale-track", role: "img", "aria-label": text }, limit, mark),
    needed,
  );
}

/** The parts of a request keep their names; those of a result are put into words. */
function wrongList({ findings, title }, result) {
  const named = (name) => (result === null ? name : words(name));
  if (findings.length === 0) {
    return element("p", {}, title === "Verified" ? "Nothing." : "Nothing is known of the pictures.");
  }
  return element(
    "ul",
    { class: "wrong" },
    findings.map(({ tone, about, text, code }) =>
      element(
        "li",
        { class: tone },
        about.length === 0 ? null : element("b", {}, `${about.map(named).join(", ")}: `),
        text,
        code === null ? null : element("code", {}, ` ${code}`),
      ),
    ),
  );
}

const textFor = (verdict) =>
  verdict.personMessage === null
    ? element("p", { class: "muted" }, "Nothing: there is no verdict.")
    : element("blockquote", {}, verdict.personMessage);

/** Loads each picture of a record once. */
export function createLoader(kycId) {
  const pictures = new Map();
  return (image) => {
    if (!pictures.has(image)) pictures.set(image, loadPicture(`/api/records/${kycId}/pictures/${image}`));
    return pictures.get(image);
  };
}
