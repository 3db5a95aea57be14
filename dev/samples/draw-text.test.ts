import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { drawGrid, drawText } from "./draw-text.ts";
import { glyphOf, hasGlyphs } from "./glyphs.ts";
import { samplePassport } from "./passports.ts";

const shifts = (svg: string) =>
  [...svg.matchAll(/<path transform="translate\(([-\d.]+)\)"/g)].map(([, x]) => Number(x));

describe("glyphs", () => {
  test("every sample passport's zone and at least one script of its names can be set", () => {
    for (let seed = 0; seed < 400; seed++) {
      const { mrz, printed } = samplePassport(seed);
      for (const line of mrz) assert.ok(hasGlyphs(line), line);
      for (const text of Object.values(printed)) {
        assert.ok(text === null || text.split("/").some(hasGlyphs), `${text}`);
      }
    }
  });

  test("accents are put on letters", () => {
    for (const [letter, base] of [
      ["É", "E"],
      ["ç", "c"],
      ["Ặ", "A"],
      ["Ơ", "O"],
      ["Й", "И"],
      ["Ё", "E"],
    ] as const) {
      const { path, width } = glyphOf(letter);
      assert.ok(path.startsWith(glyphOf(base).path) && path.length > glyphOf(base).path.length, letter);
      assert.equal(width, glyphOf(base).width);
    }
    assert.ok(!glyphOf("í").path.includes("M2 9"), "an accent takes the place of the dot");
  });

  test("letters and digits that are alike are drawn apart", () => {
    const paths = [..."O0QDI1LS5B8Z2G6"].map((character) => glyphOf(character).path);
    assert.equal(new Set(paths).size, paths.length);
  });

  test("what the font lacks is said to be missing", () => {
    assert.ok(!hasGlyphs("中"));
    assert.equal(glyphOf("中").path, glyphOf("ក").path);
  });
});

describe("text on a grid", () => {
  test("every character stands in the middle of its cell", () => {
    const [line] = samplePassport(1).mrz;
    const svg = drawGrid({ text: line, x: 10, baseline: 50, cellWidth: 72, capitalHeight: 100 });
    const expected = Array.from(line, (character, index) => index * 72 + (72 - glyphOf(character).width) / 2);
    assert.equal(line.length, 44);
    assert.deepEqual(shifts(svg), expected);
    for (const character of line) assert.ok(svg.includes(`d="${glyphOf(character).path}"`));
  });
});

describe("lines of text", () => {
  const scaleOf = (svg: string) => /scale\(([\d.]+) ([\d.]+)\)/.exec(svg)?.slice(1).map(Number) ?? [];

  test("a long text is set narrower, not lower", () => {
    const line = { text: "KONSTANTINOUPOLITIS", x: 0, baseline: 0, size: 100 };
    const [wide, height] = scaleOf(drawText(line));
    const [narrow, sameHeight] = scaleOf(drawText({ ...line, maxWidth: 300 }));
    assert.ok(wide !== undefined && narrow !== undefined && narrow < wide);
    assert.equal(sameHeight, height);
    assert.equal(wide, height);
  });

  test("a text can be centred or end where it is told to", () => {
    const start = (anchor: "start" | "middle" | "end") =>
      Number(/translate\(([-\d.]+)/.exec(drawText({ text: "AB", x: 500, baseline: 0, size: 100, anchor }))?.[1]);
    assert.equal(start("start"), 500);
    assert.ok(start("end") < start("middle") && start("middle") < 500);
    assert.ok(Math.abs(start("end") + 500 - 2 * start("middle")) < 0.1);
  });
});
