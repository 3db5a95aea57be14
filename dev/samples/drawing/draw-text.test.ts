import assert from "node:assert/strict";
import { test } from "node:test";
import { drawMrzLine, drawText, isPrintable, printableParts } from "./draw-text.ts";
import { samplePassport } from "../passports.ts";

const scaleOf = (svg: string) => (/scale\(([^)]+)\)/.exec(svg)?.[1] ?? "").split(" ").map(Number);
const startOf = (svg: string) => Number(/translate\(([-\d.]+)/.exec(svg)?.[1]);

test("at least one script of every printed value of the sample passports can be set", () => {
  for (let seed = 0; seed < 400; seed++) {
    for (const text of Object.values(samplePassport(seed).printed)) {
      assert.ok(text === null || isPrintable(printableParts(text)), `${text}`);
    }
  }
});

test("a value in two scripts keeps those that the font has", () => {
  assert.equal(printableParts("ЮДИН/IUDIN"), "ЮДИН/IUDIN");
  assert.equal(printableParts("王/WANG"), "WANG");
});

test("accents are part of the outline", () => {
  for (const [letter, base] of ["ÉE", "çc", "ẶA", "ƠO", "ЙИ", "ЁЕ"]) {
    const draw = (text = "") => drawText({ text, x: 0, baseline: 0, size: 100 }).length;
    assert.ok(draw(letter) > draw(base), letter);
  }
});

test("a line of a machine readable zone is as wide as its pitch says", () => {
  const line = { text: samplePassport(1).mrz[0], x: 0, baseline: 0 };
  const [narrow, wide] = [scaleOf(drawMrzLine({ ...line, pitch: 35 })), scaleOf(drawMrzLine({ ...line, pitch: 70 }))];
  assert.equal(wide[0], 2 * (narrow[0] ?? 0));
});

test("no two numbers of an outline run into each other", () => {
  // Round shapes pass closely by the baseline, where a sign could be lost.
  const [, outline = ""] = drawText({ text: "0123456789", x: 0, baseline: 0, size: 92 }).split(' d="');
  assert.ok(outline.length > 1_000);
  assert.doesNotMatch(outline, /\.\d\d/);
});

test("a long text is set narrower, not lower", () => {
  const line = { text: "KONSTANTINOUPOLITIS", x: 0, baseline: 0, size: 100 };
  const [whole, height] = scaleOf(drawText(line));
  const [narrow, sameHeight] = scaleOf(drawText({ ...line, maxWidth: 300 }));
  assert.ok(whole !== undefined && narrow !== undefined && narrow < whole);
  assert.equal(whole, height);
  assert.equal(sameHeight, height);
});

test("a text can be centred", () => {
  const line = { text: "AB", x: 500, baseline: 0, size: 100 };
  assert.equal(startOf(drawText(line)), 500);
  assert.ok(startOf(drawText({ ...line, anchor: "middle" })) < 500);
});
