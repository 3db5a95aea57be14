/** The checks that a result lists, in words. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CHECK_NAMES, CHECK_STATES, checkSchema, explainCheck } from "./checks.ts";
import { describeReason, IMAGE_ROLES, isReasonCode, REASONS } from "./reasons.ts";

test("a reason is explained for the operator and for the person", () => {
  const { class: reasonClass, operator, person } = describeReason("face_multiple", "selfie");
  assert.deepEqual(
    explainCheck({ name: "face_match", state: "warning", reasons: [{ code: "face_multiple", image: "selfie" }] }),
    {
      name: "face_match",
      state: "warning",
      reasons: [
        {
          code: "face_multiple",
          class: reasonClass,
          image: "selfie",
          field: null,
          message: operator,
          personMessage: person,
        },
      ],
    },
  );
});

test("by default, a reason is about the passport and about no field", () => {
  const { reasons } = explainCheck({
    name: "dates",
    state: "failed",
    reasons: [{ code: "date_impossible", field: "birthDate" }, { code: "document_expired" }],
  });
  assert.deepEqual(
    reasons.map(({ image, field }) => [image, field]),
    [
      ["passport", "birthDate"],
      ["passport", null],
    ],
  );
});

test("a check without reasons has an empty list of reasons", () => {
  assert.deepEqual(explainCheck({ name: "chip", state: "not_executed", reasons: [] }), {
    name: "chip",
    state: "not_executed",
    reasons: [],
  });
});

test("every check, in every state, for every reason and picture, matches the schema", () => {
  const codes = Object.keys(REASONS).filter(isReasonCode);
  const reasons = codes.flatMap((code) => IMAGE_ROLES.map((image) => ({ code, image })));
  for (const name of CHECK_NAMES) {
    for (const state of CHECK_STATES) {
      const check = explainCheck({ name, state, reasons });
      assert.deepEqual(checkSchema.parse(check), check);
    }
  }
});
