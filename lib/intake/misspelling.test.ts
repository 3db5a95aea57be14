import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { isMisspelling } from "./misspelling.ts";

const meant = (name: string) => isMisspelling(name, "stampKey");

test('another case, other separators, a missing "Key", more words before it and typing errors are misspellings', () => {
  const names = [
    "stamp",
    "Stamp",
    "stamps",
    "stampkey",
    "StampKey",
    "STAMPKEY",
    "STAMP_KEY",
    "stamp_key",
    "stamp-key",
    "stamp.key",
    "stamp key",
    "stampKeys",
    "stampKy",
    "stmapKey",
    "stampKey ",
    "_stampKey",
    "stempKey",
    "stampImageKey",
    "stamp_photo_key",
    "STAMP_PAGE_KEYS",
  ];
  for (const name of names) assert.ok(meant(name), name);
});

test("the field itself and other names are not misspellings", () => {
  const names = [
    "stampKey",
    "",
    "key",
    "userId",
    "kycId",
    "passportKey",
    "selfieKey",
    "visaKey",
    "timestamp",
    "stampedAt",
    "stampCount",
    "stampImageUrl",
    "name",
    "requestId",
    "backKey",
    "note",
    "__proto__",
    "passportStampKey",
    "stampKeyword",
    "stamps".repeat(1_000),
  ];
  for (const name of names) assert.ok(!meant(name), name);
});

test("two edits of any kind are found", () => {
  const letter = fc.constantFrom(..."abcdefghijklmnopqrstuvwxyz");
  const at = fc.nat({ max: 7 });
  const edit = (name: string, place: number, put: string, length: number) =>
    name.slice(0, place) + put + name.slice(place + length);
  fc.assert(
    fc.property(at, letter, fc.constantFrom(0, 1), at, letter, fc.constantFrom(0, 1), (a, b, c, d, e, f) => {
      const name = edit(edit("stampKey", a, b, c), d, e, f);
      assert.equal(meant(name), name !== "stampKey");
    }),
  );
});
