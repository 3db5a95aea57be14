/** Small sample pictures. Each is drawn once, because the stage answers requests at the same time. */
import { drawDrivingLicence, drawPassportPhoto, drawSelfie, drawStampPage } from "../../dev/samples/drawing/draw.ts";
import { samplePassport } from "../../dev/samples/passports.ts";

/** Wide enough for the stand-ins to read the marks. */
const WIDTH_PX = 640;

const drawn = new Map<string, Promise<Buffer>>();

function once(name: string, draw: () => Promise<Buffer>): Promise<Buffer> {
  const known = drawn.get(name) ?? draw();
  drawn.set(name, known);
  return known;
}

export const passportOf = (person: number) =>
  once(`passport ${person}`, () => drawPassportPhoto({ passport: samplePassport(person), widthPx: WIDTH_PX }));

export const facelessPassportOf = (person: number) =>
  once(`faceless passport ${person}`, () =>
    drawPassportPhoto({ passport: samplePassport(person), face: null, widthPx: WIDTH_PX }),
  );

export const selfieOf = (person: number) =>
  once(`selfie ${person}`, () => drawSelfie({ faces: [person], widthPx: WIDTH_PX }));

export const emptyRoom = () => once("empty room", () => drawSelfie({ faces: [], widthPx: WIDTH_PX }));

export const licenceOf = (person: number) =>
  once(`licence ${person}`, () => drawDrivingLicence({ number: person, widthPx: WIDTH_PX }));

export const stampPage = (number: number) =>
  once(`stamp ${number}`, () => drawStampPage({ number, widthPx: WIDTH_PX }));
