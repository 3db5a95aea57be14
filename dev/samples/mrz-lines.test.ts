import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "mrz";
import { checkDigit, writeMrzLines } from "./mrz-lines.ts";

const BASE = {
  documentCode: "P",
  issuingState: "THA",
  surname: "SMITH",
  givenNames: "ANNA MARIA",
  documentNumber: "AA1234567",
  nationality: "THA",
  birthDate: "680229",
  sex: "F",
  expiryDate: "330724",
  optionalData: "",
} as const;

test("check digits of the standard's worked examples", () => {
  assert.equal(checkDigit("520727"), "3");
  assert.equal(checkDigit("AB2134<<<"), "5");
  assert.equal(checkDigit("HA672242<658022549601086<<<<<<<<<<<<<<0"), "8");
  assert.throws(() => checkDigit("12a"), RangeError);
});

test("a name that does not fit is cut so that its last place holds a letter", () => {
  const long = { ...BASE, surname: "NILAVADHANANANDA", givenNames: "CHAYAPA DEJTHAMRONG KRASUANG" };
  const [cut] = writeMrzLines({ ...long, truncation: "cut" });
  const [initials] = writeMrzLines({ ...long, truncation: "initials" });
  assert.equal(cut, "P<THANILAVADHANANANDA<<CHAYAPA<DEJTHAMRONG<K");
  assert.equal(initials, cut);
});

test("a cut that would fall into a gap shortens the word before it", () => {
  const surname = "A".repeat(18);
  const [line] = writeMrzLines({ ...BASE, surname, givenNames: `${"B".repeat(18)} CCC` });
  assert.equal(line, `P<THA${surname}<<${"B".repeat(17)}<C`);
});

test("lines are always 44 characters that the parser finds valid", () => {
  const words = fc.array(fc.stringMatching(/^[A-Z]{1,14}$/), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(
      words,
      words,
      fc.stringMatching(/^[A-Z0-9]{1,9}$/),
      fc.stringMatching(/^[A-Z0-9]{0,14}$/),
      (s, g, n, o) => {
        const lines = writeMrzLines({
          ...BASE,
          surname: s.join(" "),
          givenNames: g.join(" "),
          documentNumber: n,
          optionalData: o,
        });
        assert.deepEqual(
          lines.map((line) => line.length),
          [44, 44],
        );
        const whole = `${s.join(" ")}  ${g.join(" ")}`.length <= 39;
        assert.equal(
          parse(lines).details.filter((detail) => !detail.valid && detail.field?.includes("CheckDigit")).length,
          0,
        );
        if (!whole) assert.match(lines[0], /[A-Z]$/);
      },
    ),
  );
});

test("a value that does not fit its field is refused", () => {
  assert.throws(() => writeMrzLines({ ...BASE, documentNumber: "1234567890" }), RangeError);
});
