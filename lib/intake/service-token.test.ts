/** Which tokens are accepted. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createTokenCheck } from "./service-token.ts";

const tokens = fc.string({ minLength: 1, unit: "binary-ascii" });

test("every accepted token passes, at any place in the list", () => {
  fc.assert(
    fc.property(fc.uniqueArray(tokens, { minLength: 1 }), (accepted) => {
      const isAccepted = createTokenCheck(accepted);
      for (const token of accepted) assert.ok(isAccepted(token));
    }),
  );
});

test("a part of a token, a longer token or another case does not pass", () => {
  fc.assert(
    fc.property(tokens, tokens, (token, addition) => {
      const isAccepted = createTokenCheck([token]);
      const others = [
        token.slice(1),
        token.slice(0, -1),
        token + addition,
        addition + token,
        ` ${token}`,
        `${token}\n`,
      ];
      for (const other of others) assert.ok(!isAccepted(other), other);
      for (const other of [token.toUpperCase(), token.toLowerCase(), addition]) {
        assert.equal(isAccepted(other), other === token);
      }
    }),
  );
});

test("a missing token never passes, even if the empty token is accepted", () => {
  assert.ok(!createTokenCheck(["secret"])(undefined));
  assert.ok(!createTokenCheck([""])(undefined));
  assert.ok(!createTokenCheck(["undefined", "null"])(undefined));
});

test("without accepted tokens, no token passes", () => {
  fc.assert(fc.property(fc.option(fc.string(), { nil: undefined }), (token) => !createTokenCheck([])(token)));
});
