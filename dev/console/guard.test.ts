import assert from "node:assert/strict";
import { test } from "node:test";
import { refusalOf } from "./guard.ts";

const PORT = 4000;
const host = "127.0.0.1:4000";
const ask = (method: string, headers: Record<string, string>, path = "/api/records/1") =>
  refusalOf({ method, path, headers }, PORT);

test("the console's own pages may read and write", () => {
  assert.equal(ask("GET", { host, "sec-fetch-site": "same-origin" }), undefined);
  assert.equal(ask("GET", { host, "sec-fetch-site": "none" }, "/"), undefined);
  assert.equal(ask("GET", { host: "localhost:4000" }), undefined);
  assert.equal(ask("POST", { host, origin: `http://${host}`, "sec-fetch-site": "same-origin" }), undefined);
});

test("the console refuses a foreign host name that points at this machine", () => {
  for (const name of [
    "evil.example:4000",
    "evil.example",
    "127.0.0.1",
    "127.0.0.1:4001",
    "127.0.0.1:4000.evil.example",
  ]) {
    assert.match(ask("GET", { host: name }) ?? "", /answers to no other name/);
  }
  assert.ok(ask("GET", {}));
});

test("other sites may only link to the console's page", () => {
  const elsewhere = { host, "sec-fetch-site": "cross-site" };
  assert.equal(ask("GET", { ...elsewhere, "sec-fetch-mode": "navigate" }, "/"), undefined);
  assert.ok(ask("GET", { ...elsewhere, "sec-fetch-mode": "navigate" }));
  assert.ok(ask("GET", { ...elsewhere, "sec-fetch-mode": "no-cors" }));
  assert.ok(ask("GET", { host, origin: "https://evil.example" }));
  assert.ok(ask("POST", { host, origin: "null" }));
  assert.ok(ask("POST", { host, origin: "http://127.0.0.1:4001", "sec-fetch-site": "same-site" }));
  assert.ok(ask("POST", { host }), "what says no origin may not write");
});
