import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BLIND_CLASSES, checkDigitOf, differOnlyByBlindSwaps, isBlindSwap, sharesCheckDigit } from "./check-digits.ts";

const ALPHABET = [..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ<"];
const character = fc.constantFrom(...ALPHABET);

test("the classes of blind characters hold each of the 37 characters once", () => {
  assert.deepEqual([...BLIND_CLASSES.join("")].toSorted(), [...ALPHABET].toSorted());
});

test("check digits of the standard's worked examples", () => {
  assert.equal(checkDigitOf("520727"), 3);
  assert.equal(checkDigitOf("AB2134<<<"), 5);
  assert.equal(checkDigitOf("12 4"), null);
});

test("a swap is blind exactly where no check digit changes", () => {
  fc.assert(
    fc.property(character, character, fc.nat(8), fc.stringMatching(/^[A-Z0-9<]{9}$/), (from, to, place, text) => {
      const put = (c: string) => text.slice(0, place) + c + text.slice(place + 1);
      const unseen = from !== to && checkDigitOf(put(from)) === checkDigitOf(put(to));
      assert.equal(isBlindSwap(from, to), unseen);
      assert.equal(differOnlyByBlindSwaps(put(from), put(to)), unseen);
      assert.equal(sharesCheckDigit(put(from), put(to), 9), unseen);
    }),
  );
});

test("the best-known blind swaps are blind, and the best-known look-alikes are not", () => {
  for (const [left, right] of ["G6", "S8", "P5", "L1", "K<", "U0", "T9"]) {
    assert.ok(isBlindSwap(left ?? "", right ?? ""));
  }
  for (const [left, right] of ["O0", "I1", "S5", "B8", "Z2", "Q0", "D0"]) {
    assert.ok(!isBlindSwap(left ?? "", right ?? ""));
  }
  assert.ok(differOnlyByBlindSwaps("G12345678", "612345678"));
  assert.ok(differOnlyByBlindSwaps("X1234567", "X1234567K"));
  assert.ok(!differOnlyByBlindSwaps("X1234567", "X1234567"));
  assert.ok(!differOnlyByBlindSwaps("G12345678", "612345679"));
});

test("adjacent characters that differ by 5 change places unseen", () => {
  assert.ok(sharesCheckDigit("611119", "161119", 6));
  assert.ok(!differOnlyByBlindSwaps("611119", "161119"));
  assert.ok(!sharesCheckDigit("621119", "261119", 6));
});
