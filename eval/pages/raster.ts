/** Raw pictures, three bytes a pixel, and a camera that looks at a page from any side. */

/** A raw picture. */
export interface Raster {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** How a page lies before the camera. */
export interface Pose {
  /** Degrees clockwise. */
  readonly turn: number;
  /** How much the depth grows across the picture, to the right and downwards: 0 looks straight down. */
  readonly leanRight: number;
  readonly leanDown: number;
  /** How far the middle of the page is above its left and right edges, in heights of the page: paper that bends. */
  readonly curl: number;
  /** How much of the picture the page fills: at 1 it just fits while it lies straight. */
  readonly fill: number;
}

/** Lies straight and fills most of the picture. */
export const STRAIGHT: Pose = { turn: 0, leanRight: 0, leanDown: 0, curl: 0, fill: 0.94 };

/** Takes a picture of a page on a background of the size wanted. */
export function photographPage(page: Raster, background: Raster, pose: Pose): Raster {
  const { turn, leanRight, leanDown, curl, fill } = pose;
  const { width, height } = background;
  const data = Uint8Array.from(background.data);
  const isAcross = Math.abs(Math.sin((turn * Math.PI) / 180)) > 0.7;
  const [across, down] = isAcross ? [page.height, page.width] : [page.width, page.height];
  const scale = Math.max(across / width, down / height) / fill;
  const angle = (turn * Math.PI) / 180;
  const [c, s] = [Math.cos(angle) * scale, Math.sin(angle) * scale];
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 3) {
      const [dx, dy] = [x - width / 2, y - height / 2];
      const depth = 1 + (leanRight * dx) / width + (leanDown * dy) / height;
      const u = page.width / 2 + (c * dx + s * dy) / depth;
      const bend = curl * page.height * ((2 * u) / page.width - 1) ** 2;
      const v = page.height / 2 + (c * dy - s * dx) / depth - bend;
      if (u >= 0 && v >= 0 && u < page.width - 1 && v < page.height - 1) copyPixel(page, u, v, data, at);
    }
  return { width, height, data };
}

function copyPixel({ width, data }: Raster, u: number, v: number, into: Uint8Array, at: number): void {
  const [left, top] = [Math.trunc(u), Math.trunc(v)];
  const [right, low] = [u - left, v - top];
  const from = (top * width + left) * 3;
  for (let channel = 0; channel < 3; channel++) {
    const first = from + channel;
    const second = first + width * 3;
    const upper = (data[first] ?? 0) * (1 - right) + (data[first + 3] ?? 0) * right;
    const lower = (data[second] ?? 0) * (1 - right) + (data[second + 3] ?? 0) * right;
    into[at + channel] = upper * (1 - low) + lower * low + 0.5;
  }
}

/** Changes every byte by a function of its value and place; results are cut to what a byte holds. */
export function changed(
  { width, height, data }: Raster,
  change: (value: number, x: number, y: number) => number,
): Raster {
  const result = new Uint8Array(data.length);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++, at++)
        result[at] = Math.max(0, Math.min(255, change(data[at] ?? 0, x, y)));
  return { width, height, data: result };
}
