/** The pictures of a record: small on the page, cut to what matters, and large on a click. */
import { byId, element, words } from "./element.js";

/** How large the square around a face is, in parts of the face. */
const SQUARE = 1.6;

/** A picture of the console. Rejects with the reason why it is missing. */
export async function loadPicture(src) {
  const response = await fetch(src);
  if (response.headers.get("content-type") !== "image/jpeg") throw new Error((await response.json()).why);
  const picture = new Image();
  picture.src = URL.createObjectURL(await response.blob());
  await picture.decode();
  return picture;
}

/**
 * A button with a picture, which opens it large, or the reason why it is missing. `cut` chooses the part that is shown:
 * fractions of the picture, or nothing for the whole of it.
 */
export function pictureButton(loading, title, cut = async () => null) {
  const holder = element("button.picture", { type: "button", "aria-label": `${title}: open it large` });
  loading
    .then(async (picture) => {
      const box = await cut(picture);
      holder.replaceChildren(box === null ? element("img", { src: picture.src, alt: "" }) : drawPart(picture, box));
      holder.addEventListener("click", () => {
        byId("viewer-title").textContent = byId("viewer-picture").alt = title;
        byId("viewer-picture").src = picture.src;
        byId("viewer").showModal();
      });
    })
    .catch(({ message }) => holder.replaceWith(element("p.nopicture", message)));
  return holder;
}

/** A submitted picture above its name. */
export function pictureFigure(image, loading, cut) {
  const title = `The submitted ${image} picture${cut === undefined ? ", whole" : ""}`;
  return element("figure", pictureButton(loading, title, cut), element("figcaption", words(image)));
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
export function squareAround(face, { naturalWidth: width, naturalHeight: height }) {
  if (face === null) return null;
  const size = Math.max((face.right - face.left) * width, (face.bottom - face.top) * height) * SQUARE;
  const side = Math.min(size, width, height);
  /** Both ends of the square on an axis of this length. */
  const ends = (from, to, length) => {
    const start = Math.min(Math.max(((from + to) * length - side) / 2, 0), length - side);
    return [start / length, (start + side) / length];
  };
  const [left, right] = ends(face.left, face.right, width);
  const [top, bottom] = ends(face.top, face.bottom, height);
  return { left, top, right, bottom };
}
