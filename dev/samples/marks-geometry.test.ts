import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { markText, MARK_KINDS, MAX_MARK_NUMBER, parseMarkText } from "./marks-geometry.ts";

test("a mark's text says its kind and number", () => {
  fc.assert(
    fc.property(fc.constantFrom(...MARK_KINDS), fc.nat(MAX_MARK_NUMBER), (kind, number) => {
      assert.deepEqual(parseMarkText(markText(kind, number)), { kind, number });
    }),
  );
});

test("a number that no mark can carry is refused", () => {
  for (const number of [-1, 1.5, MAX_MARK_NUMBER + 1, Number.NaN]) {
    assert.throws(() => markText("face", number), RangeError);
  }
});

test("other codes are not taken for marks", () => {
  for (const text of [
    "",
    "https://example.org",
    "KYC1:UNKNOWN:1",
    "KYC1:FACE:",
    "KYC1:FACE:-1",
    "KYC2:FACE:1",
    "KYC1:FACE:1 ",
  ]) {
    assert.equal(parseMarkText(text), undefined, text);
  }
});
