/** One's own pictures: dropped, chosen or taken, checked before they are uploaded, and taken back. */
import { byId, copyable, element } from "./element.js";

const IMAGES = [
  ["passport", "Passport", "The page with the photo", "environment"],
  ["selfie", "Selfie", "One face, towards the camera", "user"],
  ["stamp", "Stamp page", "Only if you have one", "environment"],
];
const HOW = "Drop a picture, or choose one";
const TYPES = "image/jpeg,image/png,image/webp";

/** Sets the drop zones up. Returns what gets the pictures to submit; it throws a sentence if one is missing. */
export function setUpOwnPictures({ engines, maxImageBytes }) {
  const files = {};
  byId("drops").replaceChildren(...IMAGES.map((image) => dropZone(image, files, maxImageBytes)));
  byId("about").replaceChildren(
    element("p", engines.own),
    ...(engines.toReal === null ? [] : [copyable("For the real ones, start it like this", engines.toReal)]),
  );
  // A file that misses a zone would replace the page.
  for (const type of ["dragover", "drop"]) addEventListener(type, (event) => event.preventDefault());
  return function chosen() {
    if (!files.passport || !files.selfie) throw new Error("Choose a passport and a selfie.");
    return files;
  };
}

function dropZone([image, title, hint, camera], files, maxBytes) {
  const picture = element("img", { alt: "", hidden: true });
  const said = element("span.drop-said", hint);
  const how = element("i", HOW);
  const fault = element("p.error", { role: "alert" });
  const label = `Remove the ${title.toLowerCase()}`;
  const remove = element("button.button.quiet", { type: "button", hidden: true, "aria-label": label }, "Remove");
  const file = element("input", { type: "file", accept: TYPES, id: `file-${image}` });
  const shot = element("input", { type: "file", accept: TYPES, capture: camera, "aria-label": `Camera: ${title}` });
  const text = element("span.drop-text", element("b", title), said, how);
  const zone = element(
    "div.drop",
    element("label.drop-area", picture, text, file),
    element("div.drop-tools", element("label.button.quiet.camera", "Camera", shot), remove),
    fault,
  );

  function show(taken) {
    URL.revokeObjectURL(picture.src);
    if (taken === null) delete files[image];
    else files[image] = taken;
    picture.hidden = remove.hidden = taken === null;
    zone.classList.toggle("full", taken !== null);
    how.textContent = taken === null ? HOW : "Choose another";
    said.textContent = taken === null ? hint : `${taken.name}, ${formatBytes(taken.size)}`;
    picture.src = taken === null ? "" : URL.createObjectURL(taken);
  }

  async function take(chosen) {
    file.value = shot.value = "";
    if (chosen === undefined) return;
    const wrong = await faultOf(chosen, maxBytes);
    fault.textContent = wrong && `${chosen.name}: ${wrong}`;
    if (wrong === "") show(chosen);
  }

  for (const input of [file, shot]) input.addEventListener("change", () => void take(input.files[0]));
  remove.addEventListener("click", () => {
    show(null);
    file.focus();
  });
  zone.addEventListener("dragover", () => zone.classList.add("over"));
  zone.addEventListener("dragleave", () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => {
    zone.classList.remove("over");
    void take(event.dataTransfer.files[0]);
  });
  return zone;
}

const formatBytes = (bytes) =>
  bytes < 1_000_000 ? `${Math.ceil(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;

/** What is wrong with a file; empty if it can be uploaded. The first bytes decide, not the name. */
async function faultOf(file, maxBytes) {
  if (file.size > maxBytes) return `it has ${formatBytes(file.size)}, and ${formatBytes(maxBytes)} is the limit.`;
  const start = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  if (start.slice(4, 8) === "ftyp") {
    return "this is HEIC, which the service does not take. On an iPhone, choose Camera, Formats, Most Compatible.";
  }
  const isPicture = /^(?:\xff\xd8\xff|\x89PNG\r\n|RIFF[^]{4}WEBP)/.test(start);
  if (!isPicture) return "this is not a JPEG, PNG or WebP picture.";
  return createImageBitmap(file)
    .then(() => "")
    .catch(() => "this picture is damaged.");
}
