import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { drawDocumentPortrait, drawSelfiePortrait } from "./portrait.ts";
import { traitsOf } from "./portrait-traits.ts";
import { samplePassport } from "./passports.ts";

const PEOPLE = Array.from({ length: 200 }, (_, person) => person);

describe("a person's looks", () => {
  test("belong to the number", () => {
    for (const person of PEOPLE) assert.deepEqual(traitsOf(person), traitsOf(person));
  });

  test("fit the sex in the passport of the same number", () => {
    for (const person of PEOPLE) {
      const { sex } = samplePassport(person);
      if (sex !== "X") assert.equal(traitsOf(person).female, sex === "F");
    }
  });

  test("differ between people", () => {
    const looks = PEOPLE.map((person) => JSON.stringify({ ...traitsOf(person), clothesHue: 0, ageYears: 0 }));
    assert.equal(new Set(looks).size, PEOPLE.length);
  });
});

test("passport and selfie show the same eyes, in other clothes", async () => {
  const place = { person: 3, x: 0, y: 0, scale: 1 };
  const document = await drawDocumentPortrait(place);
  const selfie = drawSelfiePortrait(place);
  const { iris } = traitsOf(3);
  for (const drawing of [document, selfie]) assert.equal(drawing.split(`fill="${iris}"`).length - 1, 2);
  const clothOf = (drawing: string) => /id="\w+cloth".*?<stop offset="0.5" stop-color="(#\w+)"/.exec(drawing)?.[1];
  assert.ok(clothOf(document) !== undefined && clothOf(document) !== clothOf(selfie));
});
