/** The pictures of a record: small on the page, cut to what matters, and large on a click. */
import { byId, element } from "./element.js";

/** How much is shown around a face, in parts of its size. */
const AROUND_FACE = 0.3;

/** A picture of the console. Rejects with the reason why it is missing. */
export async function loadPicture(src) {
  const response = await fetch(src);
  if (response.headers.get("content-type") !== "image/jpeg") throw new Error((await response.json()).why);
  const picture = new Image();
  picture.src = URL.createObjectURL(await response.blob());
  await picture.decode();
  return picture;
}

/** Opens a picture in the dialog. */
function enlarge(picture, title) {
  byId("viewer-title").textContent = title;
  byId("viewer-picture").src = picture.src;
  byId("viewer-picture").alt = title;
  byId("viewer").showModal();
}

/**
 * A button with a picture, which opens it large, or the reason why it is missing. `cut` chooses the part that is shown:
 * fractions of the picture, or nothing for the whole of it.
 */
export function pictureButton(loaded, title, cut = Promise.resolve(null)) {
  const holder = element("button", { type: "button", class: "picture", "aria-label": `${title}: open it large` });
  Promise.all([loaded, cut])
    .then(([picture, box]) => {
      holder.replaceChildren(box === null ? element("img", { src: picture.src, alt: "" }) : drawPart(picture, box));
      holder.addEventListener("click", () => enlarge(picture, title));
    })
    .catch(({ message }) => holder.replaceWith(element("p", { class: "nopicture" }, message)));
  return holder;
}

function drawPart(picture, { left, top, right, bottom }) {
  const [x, y] = [left * picture.naturalWidth, top * picture.naturalHeight];
  const width = right * picture.naturalWidth - x;
  const height = bottom * picture.naturalHeight - y;
  const canvas = element("canvas", { width: Math.round(width), height: Math.round(height), "aria-hidden": "true" });
  canvas.getContext("2d").drawImage(picture, x, y, width, height, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** The square around a face, inside of the picture; nothing where there is no face. */
export function squareAround(face, picture) {
  if (face === null) return null;
  const [wide, high] = [picture.naturalWidth, picture.naturalHeight];
  const size = Math.max((face.right - face.left) * wide, (face.bottom - face.top) * high) * (1 + 2 * AROUND_FACE);
  const side = Math.min(size, wide, high);
  const from = (middle, limit) => Math.min(Math.max(middle - side / 2, 0), limit - side);
  const left = from(((face.left + face.right) / 2) * wide, wide);
  const top = from(((face.top + face.bottom) / 2) * high, high);
  return { left: left / wide, top: top / high, right: (left + side) / wide, bottom: (top + side) / high };
}
