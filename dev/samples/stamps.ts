/** What the sample stamp of a number says. */
import type { PrintedField, StampReading } from "../../lib/passport/reading.ts";

const BORDERS = [
  { country: "UZB", printedCountry: "OʻZBEKISTON", places: ["TOSHKENT", "SAMARQAND", "URGANCH"] },
  { country: "KAZ", printedCountry: "QAZAQSTAN", places: ["ALMATY", "ASTANA"] },
  { country: "TUR", printedCountry: "TÜRKİYE", places: ["İSTANBUL", "ANTALYA"] },
  { country: "GEO", printedCountry: "GEORGIA", places: ["TBILISI", "BATUMI"] },
] as const;

/** The reading of a sample stamp, always the same for a number. */
export function stampReadingOf(number: number): StampReading {
  const border = BORDERS[number % BORDERS.length] ?? BORDERS[0];
  const place = border.places[number % border.places.length] ?? border.places[0];
  const date = new Date(Date.UTC(2024, 0, 1 + ((number * 37) % 700))).toISOString().slice(0, 10);
  const printedDate = date.split("-").toReversed().join(".");
  const printed = (text: string, value = text): PrintedField => ({ printed: text, value, unreadable: null });
  return {
    quality: [],
    instructionsSeen: null,
    stampPresent: true,
    kind: number % 2 === 0 ? "exit" : "entry",
    country: printed(border.printedCountry, border.country),
    date: printed(printedDate, date),
    place: printed(place),
    text: `${border.printedCountry} ${printedDate} ${place}`,
  };
}
