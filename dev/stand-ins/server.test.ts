import assert from "node:assert/strict";
import { test } from "node:test";
import * as z from "zod/mini";
import { createScript } from "./script.ts";
import { BROKEN, RefusalError, type HttpReply, type Reply } from "./reply.ts";
import { createStandInServer, type Call } from "./server.ts";

const text = (body: string, status = 200): HttpReply => ({ status, contentType: "text/plain", body });

const SCRIPT = {
  kinds: ["a", "b"] as const,
  faultSchema: z.object({ fault: z.string() }),
};

function start(answer: (call: Call) => Reply | Promise<Reply>) {
  return createStandInServer({ ...SCRIPT, maxBodyBytes: 1000, answer: async (call) => answer(call) });
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
    throw path === "/refused" ? new RefusalError(text("no", 418)) : new Error("a bug");
  });
  assert.equal((await fetch(`${server.url}/refused`)).status, 418);
  assert.equal((await fetch(`${server.url}/bug`)).status, 599);
  assert.match(server.requests[1]?.failure ?? "", /a bug/);
});

test("a stand-in that closes ends the calls that hang", { timeout: 10_000 }, async () => {
  const server = await start(() => "hang");
  const call = assert.rejects(fetch(server.url), TypeError);
  await until(() => server.requests.length === 1);
  await server.close();
  await call;
  assert.equal(server.requests[0]?.outcome, "aborted");
  await server.close();
});

test("an answer breaks in the scripted way", { timeout: 10_000 }, async () => {
  const whole = { ...text('{"a":1}'), contentType: "application/json" };
  await using server = await start(
    ({ path }) => Object.entries(BROKEN).find(([name]) => path === `/${name}`)?.[1](whole) ?? whole,
  );
  await assert.rejects(fetch(`${server.url}/reset`), TypeError);
  await assert.rejects((await fetch(`${server.url}/resetMidBody`)).text(), TypeError);
  await assert.rejects((await fetch(`${server.url}/truncatedJson`)).json(), SyntaxError);
  const silent = (await fetch(`${server.url}/hangMidBody`)).body?.getReader();
  assert.equal((await silent?.read())?.value?.length, 4);
  await silent?.cancel();
  const endless = await fetch(`${server.url}/endlessBody`);
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
  const script = createScript(SCRIPT);
  const rule = (match: { kind?: "a" | "b"; number?: number }, times: number | null, fault: string) => ({
    match,
    times,
    answer: { fault },
  });
  script.replace([
    rule({ kind: "a" }, 1, "first"),
    rule({ number: 7 }, 2, "seven"),
    rule({ kind: "a" }, null, "always"),
  ]);
  const faults: (string | undefined)[] = [];
  await using server = await start(async (call) => {
    const [, kind, number] = call.path.split("/");
    call.log.numbers = [Number(number)];
    const fault = await script.faultFor(
      call,
      kind === "a" ? "a" : "b",
      ({ fault: name }) => number !== "0" || name !== "always",
    );
    faults.push(fault?.fault);
    return text("");
  });
  for (const path of ["/b/1", "/a/1", "/a/7", "/b/7", "/b/7", "/a/7", "/a/0"]) await fetch(server.url + path);
  assert.deepEqual(faults, [undefined, "first", "seven", "seven", undefined, "always", undefined]);
});
