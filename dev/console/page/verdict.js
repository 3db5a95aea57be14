/** The verdict: who, which document, how the faces compare, what is wrong, and the text for the person. */
import { badge, date, element, formatMs, percent, words } from "./element.js";
import { pictureFigure, squareAround } from "./picture.js";

const SEXES = { M: "male", F: "female", X: "sex X" };

/** The card that comes first. */
export function verdictCard(outcome, { pictures, engines, readBy }) {
  const { verdict, result, kycId, label, row, tookMs, images } = outcome;
  const faces = images.includes("passport") && facesBlock(outcome, pictures, engines);
  const wrong = block("What is wrong", wrongList(verdict, result));
  const toPerson = block("Text for the person", textFor(verdict));
  const bodies =
    result?.status === "ocr_complete"
      ? [body(whoBlock(result.passport.fields, readBy), faces), body(wrong, toPerson)]
      : [body(faces, element("div.who", wrong, toPerson))];
  return element(
    `section.card.verdict.${verdict.tone}`,
    { "aria-labelledby": "verdict-title" },
    element(
      "div.verdict-head",
      element("p.facts", `Record ${kycId} · ${label}${tookMs === null ? "" : ` · took ${formatMs(tookMs)}`}`),
      badge("plain", row?.status ?? "no record"),
      element("h2", { id: "verdict-title" }, verdict.title),
      element("p.next", verdict.next),
    ),
    ...bodies,
  );
}

const body = (...blocks) => element("div.verdict-body", blocks);

const block = (title, ...content) => element("div.block", element("h3", title), ...content);

function whoBlock({ surname, givenNames, birthDate, sex, documentNumber, issuingState, expiryDate }, readBy) {
  const ofSex = sex.value === null ? "" : `, ${SEXES[sex.value] ?? sex.value}`;
  const issued = `passport, issued by ${issuingState.value ?? "a state not read"}, valid until `;
  return element(
    "div.who",
    block(
      "Person",
      element("p.name", element("b", surname.value ?? "not read"), ` ${givenNames.value ?? ""}`),
      element("p", "born ", date(birthDate.value ?? "not read"), ofSex),
    ),
    block(
      "Document",
      element("p.name", element("b.date", documentNumber.value ?? "number not read")),
      element("p", issued, date(expiryDate.value ?? "not read")),
      element("p.muted", `Read by ${readBy}.`),
    ),
  );
}

/** The faces and the scale. A failure has what was measured among its facts. */
function facesBlock({ kycId, result, images }, pictures, engines) {
  const found = fetch(`/api/records/${kycId}/faces`).then((response) => response.json());
  const pair = images
    .filter((image) => image !== "stamp")
    .map((image) => {
      const cut = async (picture) => squareAround((await found).boxes[image], picture);
      return pictureFigure(image, pictures[image], cut);
    });
  const match = result?.faceMatch ?? (result?.failureCode === "face_mismatch" ? result.facts : null);
  return block(
    "Faces",
    element("div.faces", pair),
    scaleOf(match),
    match !== null && comparedBy(match, engines, found),
  );
}

/** Who compared the faces: only the server knows it of CompreFace. */
function comparedBy({ engine, facesInPassport, facesInSelfie }, engines, found) {
  const said = element("p.muted");
  const say = (name) => {
    said.textContent = `Compared by ${name}. Faces: ${facesInPassport} in the passport, ${facesInSelfie} in the selfie.`;
  };
  if (engine === "gemini") say(engines.gemini.replace(/^The /, "the "));
  else void found.then((answer) => say(answer.comparedBy));
  return said;
}

function scaleOf(match) {
  if (match === null) return element("p.muted", "No comparison of the faces was saved.");
  const { similarity, threshold } = match;
  if (similarity === null) return element("p", "No similarity was measured, so there is no scale.");
  const isSame = similarity >= threshold;
  const text = `Similarity ${percent(similarity)}, ${isSame ? "above" : "below"} the threshold of ${percent(threshold)}`;
  const marks = [element("span.scale-limit"), element("span.scale-mark")];
  const scale = element(
    `div.scale.${isSame ? "good" : "bad"}`,
    element("p", element("b", percent(similarity)), " similar"),
    element("div.scale-track", { role: "img", "aria-label": text }, marks),
    element("small.scale-needed", `threshold ${percent(threshold)}`),
  );
  scale.style.setProperty("--similarity", `${similarity * 100}%`);
  scale.style.setProperty("--threshold", `${threshold * 100}%`);
  return scale;
}

/** The parts of a request keep their names; those of a result are put into words. */
function wrongList({ findings, title }, result) {
  if (findings.length === 0) {
    return element("p", title === "Verified" ? "Nothing." : "Nothing is known of the pictures.");
  }
  const named = (name) => (result === null ? name : words(name));
  const rows = findings.map(({ tone, about, text, code }) =>
    element(
      `li.${tone}`,
      about.length > 0 && element("b", `${about.map(named).join(", ")}: `),
      text,
      code !== null && element("code", ` ${code}`),
    ),
  );
  return element("ul.wrong", rows);
}

const textFor = ({ personMessage }) =>
  personMessage === null ? element("p.muted", "Nothing: there is no verdict.") : element("blockquote", personMessage);
