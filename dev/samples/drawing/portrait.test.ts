import assert from "node:assert/strict";
import { test } from "node:test";
import { drawDocumentPortrait, drawSelfiePortrait } from "./portrait.ts";

const place = { x: 0, y: 0, scale: 1 };
const coloursIn = (drawing: string) => new Set(drawing.match(/#[0-9a-f]{6}/gi));

test("people look different", () => {
  const people = Array.from({ length: 50 }, (_, person) => drawSelfiePortrait({ person, ...place }));
  assert.equal(new Set(people).size, people.length);
});

test("passport and selfie show the same skin and hair, in other clothes", async () => {
  for (let person = 0; person < 20; person++) {
    const passport = coloursIn(await drawDocumentPortrait({ person, ...place }));
    const selfie = coloursIn(drawSelfiePortrait({ person, ...place }));
    assert.ok(passport.intersection(selfie).size >= 2);
    assert.notDeepEqual(passport, selfie);
  }
});
