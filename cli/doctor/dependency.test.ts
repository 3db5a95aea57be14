/** Which code an error has, in any place where a library puts it, and how the doctor explains it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { codeOf, DependencyError, postgresTrouble, redisTrouble } from "./dependency.ts";

const withCode = (code: string) => Object.assign(new Error("secret"), { code });

test("an error's code is read from the error, its cause, or the first of several errors", () => {
  assert.equal(codeOf(withCode("28P01")), "28P01");
  assert.equal(codeOf(new TypeError("fetch failed", { cause: withCode("ECONNREFUSED") })), "ECONNREFUSED");
  assert.equal(codeOf(new AggregateError([withCode("ENOTFOUND")])), "ENOTFOUND");
  assert.equal(codeOf(new DOMException("secret", "TimeoutError")), "ETIMEDOUT");
  const reply = new Error("WRONGPASS invalid username-password pair");
  reply.name = "ReplyError";
  assert.equal(codeOf(reply), "WRONGPASS");
  for (const error of [new Error("secret"), "secret", undefined]) assert.equal(codeOf(error), undefined);
});

test("each common fault has its own explanation, and an unknown fault shows its code", () => {
  const details = ["28P01", "28000", "3D000", "42P01", "42501", "53300", "55P03", "57P03", "XX000", "ECONNREFUSED"].map(
    (code) => {
      const { detail } = postgresTrouble(code);
      assert.ok(detail.endsWith(`(${code})`), detail);
      return detail;
    },
  );
  assert.equal(new Set(details).size, details.length);
  assert.equal(postgresTrouble("XX000").detail, "refuses (XX000)");
  assert.equal(postgresTrouble(undefined).detail, "cannot be reached (no answer)");
  assert.match(redisTrouble("WRONGPASS").fix, /REDIS_URL/);
  assert.match(redisTrouble("MOVED").fix, /REDIS_CLUSTER=on/);
});

test("the error about a dependency names it and the fix, and leaves out the server's own message", () => {
  const { message } = new DependencyError("PostgreSQL", "3D000");
  assert.equal(
    message,
    "PostgreSQL has no database of that name (3D000): put the backend's database into POSTGRES_URL.",
  );
});
