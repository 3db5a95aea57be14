import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod/mini";
import { createScript, ruleSchema } from "./script.ts";
import { refuse, type HttpReply } from "./reply.ts";
import { createStandInServer, type Call } from "./server.ts";

const text = (body: string, status = 200): HttpReply => ({ status, contentType: "text/plain", body });

const rule = ruleSchema(["a", "b"], z.object({ fault: z.string() }));

function start(answer: (call: Call) => HttpReply | Promise<HttpReply>, script = createScript(rule)) {
  return createStandInServer({ script, maxBodyBytes: 1000, answer: async (call) => answer(call) });
}

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

test("a stand-in gets a call as it was sent, and logs it", async () => {
  await using server = await start(({ method, path, query, body }) =>
    text(`${method} ${path} ${query.get("q")} ${body.toString()}`),
  );
  const response = await fetch(`${server.url}//a/b?q=1`, { method: "POST", body: "hello" });
  assert.equal(await response.text(), "POST //a/b 1 hello");
  assert.match(server.url, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.partialDeepStrictEqual(server.requests, [{ method: "POST", path: "//a/b", status: 200, outcome: "finished" }]);
});

test("a stand-in reads a body over the limit to its end, and keeps nothing of it", async () => {
  await using server = await start(({ body, bodyTooLarge }) => text(`${body.length} ${bodyTooLarge}`));
  const post = async (body: string) => (await fetch(server.url, { method: "POST", body })).text();
  assert.equal(await post("x".repeat(1000)), "1000 false");
  assert.equal(await post("x".repeat(5_000_000)), "0 true");
});

test("a stand-in answers a refusal with its reply, and its own bug with a status that no provider uses", async () => {
  await using server = await start(({ path }) => {
    if (path === "/refused") refuse(text("no", 418));
    throw new Error("a bug");
  });
  assert.equal((await fetch(`${server.url}/refused`)).status, 418);
  assert.equal((await fetch(`${server.url}/bug`)).status, 599);
  assert.match(server.requests[1]?.failure ?? "", /a bug/);
});

test("a stand-in that closes ends the calls that hang", { timeout: 10_000 }, async () => {
  const script = createScript(rule);
  script.replace([{ match: {}, times: null, answer: { fault: "hang" } }]);
  const server = await start((call) => script.faultFor(call).then(() => text("")), script);
  const call = assert.rejects(fetch(server.url), TypeError);
  await until(() => server.requests.length === 1);
  await server.close();
  await call;
  assert.equal(server.requests[0]?.outcome, "aborted");
  await server.close();
});

test("an answer breaks in the scripted way", { timeout: 10_000 }, async () => {
  const script = createScript(rule);
  const whole = { ...text('{"a":1}'), contentType: "application/json" };
  await using server = await start((call) => script.faultFor(call).then(() => whole), script);
  const get = (fault: string) => {
    server.script([{ match: {}, times: 1, answer: { fault } }]);
    return fetch(server.url);
  };
  await assert.rejects(get("reset"), TypeError);
  await assert.rejects((await get("resetMidBody")).text(), TypeError);
  await assert.rejects((await get("truncatedJson")).json(), SyntaxError);
  const silent = (await get("hangMidBody")).body?.getReader();
  assert.equal((await silent?.read())?.value?.length, 4);
  await silent?.cancel();
  const endless = await get("endlessBody");
  assert.equal(endless.headers.get("content-length"), null);
  let read = 0;
  for await (const chunk of endless.body ?? []) if ((read += chunk.length) > 5_000_000) break;
  assert.ok(read > 5_000_000);
});

test("an answer in the making learns that its caller has left", { timeout: 10_000 }, async () => {
  const asked = Promise.withResolvers<void>();
  const left = Promise.withResolvers<void>();
  await using server = await start(async ({ signal }) => {
    signal.addEventListener("abort", () => left.resolve());
    asked.resolve();
    await left.promise;
    return text("too late");
  });
  const caller = new AbortController();
  const call = assert.rejects(fetch(server.url, { signal: caller.signal }), { name: "AbortError" });
  await asked.promise;
  caller.abort();
  await call;
  await left.promise;
  assert.partialDeepStrictEqual(server.requests, [{ status: null, outcome: "aborted" }]);
});

test("the first rule of a script that matches and is not used up decides", async () => {
  const script = createScript(rule);
  const ruled = (match: { kind?: "a" | "b"; number?: number }, times: number | null, fault: string) => ({
    match,
    times,
    answer: { fault },
  });
  script.replace([
    ruled({ kind: "a" }, 1, "first"),
    ruled({ number: 7 }, 2, "seven"),
    ruled({ kind: "a" }, null, "always"),
  ]);
  const faults: string[] = [];
  await using server = await start(async (call) => {
    const [, kind, number] = call.path.split("/");
    call.log.numbers = [Number(number)];
    call.log.kind = kind ?? "";
    const { fault } = await script.faultFor(call, ({ fault: name }) => number !== "0" || name !== "always");
    faults.push(fault);
    return text("");
  });
  for (const path of ["/b/1", "/a/1", "/a/7", "/b/7", "/b/7", "/a/7", "/a/0"]) await fetch(server.url + path);
  assert.deepEqual(faults, ["genuine", "first", "seven", "seven", "genuine", "always", "genuine"]);
});
