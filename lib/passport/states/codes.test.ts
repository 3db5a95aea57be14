import assert from "node:assert/strict";
import { test } from "node:test";
import { isStateCode, mrzStateCode, stateCode } from "./codes.ts";

test("codes and names become the MRZ's code", () => {
  const cases: Readonly<Record<string, string>> = {
    D: "D",
    "D<<": "D",
    DEU: "D",
    Germany: "D",
    DEUTSCH: "D",
    Française: "FRA",
    "BRITISH CITIZEN": "GBR",
    ZIM: "ZWE",
    gbr: "GBR",
    "United Kingdom": "GBR",
    "UNITED KINGDOM OF GREAT BRITAIN AND NORTHERN IRELAND": "GBR",
    "RUSSIAN FEDERATION": "RUS",
    "Côte d'Ivoire": "CIV",
    "COTE DIVOIRE": "CIV",
    RKS: "RKS",
    XKX: "RKS",
    Kosovo: "RKS",
    "Viet Nam": "VNM",
    UTO: "UTO",
    SUI: "CHE",
    GER: "D",
    PHI: "PHL",
  };
  for (const [text, code] of Object.entries(cases)) assert.equal(stateCode(text), code, text);
});

test("codes of organisations, refugees and British nationals are state codes", () => {
  const special = "XXA XXB XXC XXX UNO UNA UNK EUE XOM XPO XCE XBA XEC XCO XDC XES XMP GBD GBN GBO GBP GBS RKS";
  for (const code of special.split(" ")) {
    assert.ok(isStateCode(code), code);
    assert.equal(stateCode(code), code);
  }
});

test("a text that is neither a code nor the name of a state has no code", () => {
  for (const text of ["GBX", "ZZZ", "", "MAURICIENNE", "CONSTRUCTOR", "__proto__", "US"]) {
    assert.equal(stateCode(text), null, text);
  }
  assert.ok(!isStateCode("DEU"));
  assert.equal(mrzStateCode("US"), "US");
  assert.equal(mrzStateCode("DEU"), "D");
  // No MRZ has the code of a sports body.
  assert.equal(mrzStateCode("SUI"), "SUI");
});
