/** The form: a sample case, or one's own pictures. */
import { byId, element, pictureOf } from "./element.js";

const IMAGES = [
  ["passport", "Passport", "the page with the photo"],
  ["selfie", "Selfie", "one face, towards the camera"],
  ["stamp", "Stamp page", "optional"],
];

/** Sets the form up; `onSubmitted` is told the record's id. */
export function setUpForm({ cases, onSubmitted }) {
  const files = new Map();
  const form = byId("form");
  byId("cases").replaceChildren(...cases.map(caseRow));
  byId("drops").replaceChildren(...IMAGES.map((image) => dropZone(image, files)));
  form.addEventListener("change", () => update(cases));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(files, onSubmitted);
  });
  update(cases);
}

function caseRow({ name, expected, notRunnable }, index) {
  return element(
    "label",
    { class: "case" },
    element("input", {
      type: "radio",
      name: "case",
      value: name,
      checked: index === 0,
      disabled: notRunnable !== null,
    }),
    element("span", {}, element("b", {}, name), element("small", {}, notRunnable ?? expected)),
  );
}

function dropZone([image, title, hint], files) {
  const picture = element("img", { alt: "", hidden: true });
  const told = element("small", {}, hint);
  const input = element("input", { type: "file", accept: "image/*", id: `file-${image}` });
  picture.addEventListener("error", () => (picture.hidden = true));
  const zone = element("label", { class: "drop" }, picture, element("b", {}, title), told, input);
  const take = (file) => {
    if (file === undefined) return;
    files.set(image, file);
    if (picture.src) URL.revokeObjectURL(picture.src);
    picture.src = URL.createObjectURL(file);
    picture.hidden = false;
    told.textContent = `${file.name}, ${Math.ceil(file.size / 1_024)} kB`;
  };
  input.addEventListener("change", () => take(input.files[0]));
  zone.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(event.dataTransfer.files[0]);
  });
  return zone;
}

const chosen = (name) => byId("form").elements[name].value;

let shownCase;

/** Shows what belongs to the choice. */
function update(cases) {
  const isSample = chosen("kind") === "sample";
  byId("sample").hidden = !isSample;
  byId("own").hidden = isSample;
  const index = cases.findIndex(({ name }) => name === chosen("case"));
  if (index === shownCase || index < 0) return;
  shownCase = index;
  const previews = cases[index].images.map((image) => {
    const picture = pictureOf(`/api/samples/${index}/pictures/${image}`, `The ${image} picture of this case`);
    return element("figure", {}, picture, element("figcaption", {}, image));
  });
  byId("previews").replaceChildren(...previews);
}

async function send(files, onSubmitted) {
  const button = byId("submit");
  const body = new FormData();
  if (chosen("kind") === "sample") body.set("case", chosen("case"));
  else for (const [image, file] of files) body.set(image, file);
  button.disabled = true;
  byId("form-error").textContent = "";
  try {
    const isIncomplete = chosen("kind") === "own" && !(files.has("passport") && files.has("selfie"));
    if (isIncomplete) throw new Error("Choose a passport and a selfie.");
    const response = await fetch("/api/submissions", { method: "POST", body });
    const answer = await response.json();
    if (!response.ok) throw new Error(answer.error);
    onSubmitted(answer.kycId);
  } catch (error) {
    byId("form-error").textContent =
      error instanceof TypeError ? "The console does not answer: is npm start running?" : error.message;
  } finally {
    button.disabled = false;
  }
}
