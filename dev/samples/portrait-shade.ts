/** Lighter and darker shades of a colour, and the gradients made of them. */

/** Mixes a `#rrggbb` colour with another one: `share` 0 keeps it, 1 gives the other. */
export function mix(color: string, other: string, share: number): string {
  const channel = (at: number) => {
    const from = Number.parseInt(color.slice(at, at + 2), 16);
    const to = Number.parseInt(other.slice(at, at + 2), 16);
    return Math.round(from + (to - from) * share)
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

/** A shade towards black. */
export const darker = (color: string, share: number) => mix(color, "#1a0c08", share);
/** A shade towards white. */
export const lighter = (color: string, share: number) => mix(color, "#fff6ea", share);

/** A radial gradient in the drawing's own units, from the middle outwards. */
export function radial(id: string, x: number, y: number, radius: number, stops: readonly string[]): string {
  return `<radialGradient id="${id}" gradientUnits="userSpaceOnUse" cx="${x}" cy="${y}" r="${radius}">${spread(stops)}</radialGradient>`;
}

/** A gradient from the top to the bottom of what it fills. */
export function vertical(id: string, stops: readonly string[]): string {
  return `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${spread(stops)}</linearGradient>`;
}

/** Stops at equal distances: a colour, or a colour and its opacity as in `#fff 0.5`. */
function spread(stops: readonly string[]): string {
  return stops
    .map((stop, index) => {
      const [color, opacity = "1"] = stop.split(" ");
      return `<stop offset="${index / Math.max(stops.length - 1, 1)}" stop-color="${color}" stop-opacity="${opacity}"/>`;
    })
    .join("");
}
