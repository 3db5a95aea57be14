/** Rectangles in a picture, or in any other plane. */

/** A rectangle; it may reach beyond the picture's edges. */
export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** The area of a box; 0 if it is inside out. */
export const areaOf = ({ left, top, right, bottom }: Box): number =>
  Math.max(0, right - left) * Math.max(0, bottom - top);

/** The box with its sides changed: `x` takes the left and right one, `y` the upper and lower one. */
export const mapBox = ({ left, top, right, bottom }: Box, x: (side: number) => number, y = x): Box => ({
  left: x(left),
  top: y(top),
  right: x(right),
  bottom: y(bottom),
});
