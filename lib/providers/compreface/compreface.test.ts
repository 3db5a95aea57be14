/** Compares faces with CompreFace, including its traps. The other side is a real HTTP server. */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { inspect } from "node:util";
import * as fc from "fast-check";
import {
  createComprefaceServer,
  type ComprefaceRule,
  type ComprefaceServer,
} from "../../../dev/stand-ins/compreface/compreface.ts";
import { drawTestPicture, drawTestSelfie } from "../../../test/marked-pictures.ts";
import { createCompreface } from "./compreface.ts";
import { always, startHttpServer } from "../../../test/servers/http-server.ts";
import { assertNothingOpen } from "../../../test/leaks.ts";
import { FinalError, TransientError } from "../../errors.ts";
import type { Picture } from "../../images/images.ts";
import type { ImageRole } from "../../reasons.ts";

const API_KEY = "6a2e9c1e-58c4-4d0f-9d6c-2f8f5b8f3a11";
const NEVER = new AbortController().signal;
const HOLDER = 7;
const OTHER = 8;

let server: ComprefaceServer;
/** Passport pages and selfies by the people on them, the largest face first. */
let pages: Record<"holder" | "holderAndGhost" | "nobody", Picture>;
let selfies: Record<"holder" | "other" | "holderAndOther" | "otherAndHolder" | "nobody", Picture>;

before(async () => {
  server = await createComprefaceServer({ apiKey: API_KEY, latencyMs: 0 });
  const picture = (role: ImageRole, jpeg: Buffer): Picture => ({ role, jpeg, width: 1_000, height: 1_000 });
  const page = async (...sides: number[]) => {
    const faces = sides.map(
      (side, index) => ({ kind: "face", number: HOLDER, x: 350 + 350 * index, y: 350, side }) as const,
    );
    return picture("passport", await drawTestPicture({ marks: faces }));
  };
  const selfie = async (person: number, second?: number) =>
    picture("selfie", await drawTestSelfie(second === undefined ? { person } : { person, second }));
  const empty = await drawTestPicture({ marks: [{ kind: "page", number: 1, x: 500, y: 500 }] });
  pages = { holder: await page(100), holderAndGhost: await page(100, 60), nobody: picture("passport", empty) };
  selfies = {
    holder: await selfie(HOLDER),
    other: await selfie(OTHER),
    holderAndOther: await selfie(HOLDER, OTHER),
    otherAndHolder: await selfie(OTHER, HOLDER),
    nobody: picture("selfie", empty),
  };
});
after(async () => {
  await server.close();
  await assertNothingOpen();
});
beforeEach(() => server.script([]));

function open(overrides: Partial<Parameters<typeof createCompreface>[0]> = {}) {
  return createCompreface({ url: server.url, apiKey: API_KEY, timeoutMs: 5_000, ...overrides });
}

const compare = (page: Picture, selfie: Picture, from = open()) => from.compare(page, selfie, NEVER);

function answerWith(answer: ComprefaceRule["answer"], times: number | null = null): void {
  server.script([{ match: {}, times, answer }]);
}

/** Returns the error of a comparison. Asserts that it contains neither the key nor the URL. */
async function failureOf(comparing: Promise<unknown>): Promise<FinalError | TransientError> {
  const error: unknown = await comparing.then(
    (answer) => assert.fail(`it answered ${inspect(answer)}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof FinalError || error instanceof TransientError, inspect(error));
  const everything = inspect(error, { depth: null, showHidden: true });
  for (const secret of [API_KEY, "127.0.0.1", "/api/v1"]) {
    assert.ok(!everything.includes(secret), `the error holds ${secret}: ${everything}`);
  }
  return error;
}

async function assertTransient(comparing: Promise<unknown>, reason: string, facts: object): Promise<void> {
  const error = await failureOf(comparing);
  assert.ok(error instanceof TransientError, inspect(error));
  assert.equal(error.reason, reason);
  assert.deepEqual(error.facts, facts);
}

describe("faces", () => {
  test("the same person has a high similarity, and another person a low one", async () => {
    const match = await compare(pages.holder, selfies.holder);
    assert.ok(match.similarity > 0.9);
    assert.deepEqual([match.facesInPassport, match.facesInSelfie], [1, 1]);
    assert.ok((await compare(pages.holder, selfies.other)).similarity < 0.2);
  });

  test("the largest face of the selfie decides, even if a smaller one is the holder's", async () => {
    const held = await compare(pages.holder, selfies.otherAndHolder);
    assert.ok(held.similarity < 0.2, "a passport held up in the selfie must not match itself");
    assert.equal(held.facesInSelfie, 2);
    const company = await compare(pages.holder, selfies.holderAndOther);
    assert.ok(company.similarity > 0.9);
    assert.equal(company.facesInSelfie, 2);
  });

  test("a ghost portrait on the passport page does not prevent a comparison", async () => {
    const { similarity, facesInPassport, facesInSelfie } = await compare(pages.holderAndGhost, selfies.holder);
    assert.ok(similarity > 0.9);
    assert.deepEqual([facesInPassport, facesInSelfie], [2, 1]);
  });

  test("with a ghost portrait, several faces in the selfie are still counted, and the largest decides", async () => {
    const company = await compare(pages.holderAndGhost, selfies.holderAndOther);
    assert.ok(company.similarity > 0.9);
    assert.deepEqual([company.facesInPassport, company.facesInSelfie], [2, 2]);
    assert.ok((await compare(pages.holderAndGhost, selfies.otherAndHolder)).similarity < 0.2);
  });

  test("the error names the picture without a face", async () => {
    for (const [page, selfie, lacking] of [
      [pages.nobody, selfies.holder, "passport"],
      [pages.nobody, selfies.nobody, "passport"],
      [pages.holder, selfies.nobody, "selfie"],
      [pages.holderAndGhost, selfies.nobody, "selfie"],
      [pages.nobody, selfies.holderAndOther, "passport"],
    ] as const) {
      const error = await failureOf(compare(page, selfie));
      assert.ok(error instanceof FinalError);
      assert.equal(error.message, `INVALID_PHOTO:${lacking}:face_not_found`);
      assert.equal(error.image, lacking);
    }
  });

  test("an ordinary pair of pictures costs one request", async () => {
    const earlier = server.requests.length;
    await compare(pages.holder, selfies.holder);
    assert.equal(server.requests.length - earlier, 1);
  });
});

describe("temporary failures", () => {
  test("every error of the API and of its proxy is face_match_unavailable", async () => {
    for (const [fault, status, code] of [
      ["coreUnreachable", 500, 41],
      ["coreConnectTimeout", 500, 41],
      ["coreReadTimeout", 500, 41],
      ["coreRaised", 500, 41],
      ["coreStatusMissing", 500, 41],
      ["unexpected", 400, 0],
      ["badGateway", 502, null],
      ["gatewayTimeout", 504, null],
      ["bodyTooLarge", 413, null],
      ["badExtension", 400, 21],
      ["missingPart", 400, 34],
    ] as const) {
      answerWith({ fault });
      await assertTransient(compare(pages.holder, selfies.holder), "face_match_unavailable", { status, code });
    }
  });

  test("an error in a later request of the same comparison is face_match_unavailable too", async () => {
    server.script([
      { match: {}, times: 1, answer: { fault: "manyFacesInSource" } },
      { match: {}, times: null, answer: { fault: "coreRaised" } },
    ]);
    await assertTransient(compare(pages.holder, selfies.holder), "face_match_unavailable", { status: 500, code: 41 });
    server.script([
      { match: {}, times: 1, answer: { fault: "noFace" } },
      { match: {}, times: null, answer: { fault: "badGateway" } },
    ]);
    await assertTransient(compare(pages.holder, selfies.holder), "face_match_unavailable", { status: 502, code: null });
  });

  test("no answer in time, before or in the body, is a timeout", async () => {
    for (const fault of ["hang", "hangMidBody"] as const) {
      answerWith({ fault });
      const comparing = compare(pages.holder, selfies.holder, open({ timeoutMs: 150 }));
      await assertTransient(comparing, "face_match_unavailable", { cause: "timeout" });
    }
  });

  test("a refused or reset connection is face_match_unavailable", async () => {
    for (const fault of ["reset", "resetMidBody"] as const) {
      answerWith({ fault });
      const comparing = compare(pages.holder, selfies.holder);
      await assertTransient(comparing, "face_match_unavailable", { cause: "connection" });
    }
    const nobody = compare(pages.holder, selfies.holder, open({ url: "http://127.0.0.1:9" }));
    await assertTransient(nobody, "face_match_unavailable", { cause: "connection" });
  });

  test("an unknown, malformed or other service's key is face_match_misconfigured", async () => {
    for (const [apiKey, status, code] of [
      ["11111111-2222-3333-4444-555555555555", 404, 10],
      ["short", 400, 26],
    ] as const) {
      const comparing = compare(pages.holder, selfies.holder, open({ apiKey }));
      await assertTransient(comparing, "face_match_misconfigured", { status, code });
    }
    answerWith({ fault: "missingKey" });
    const comparing = compare(pages.holder, selfies.holder);
    await assertTransient(comparing, "face_match_misconfigured", { status: 400, code: 20 });
  });

  test("an answer of another form is face_match_unavailable", async () => {
    answerWith({ fault: "truncatedJson" });
    const unavailable = { status: 200, code: null };
    await assertTransient(compare(pages.holder, selfies.holder), "face_match_unavailable", unavailable);
    for (const body of [
      "",
      "null",
      "{}",
      `{"result":[]}`,
      `{"result":[{"face_matches":[]}]}`,
      `{"result":[{"face_matches":[{"similarity":1.2}]}]}`,
      `{"result":[{"face_matches":[{"similarity":"0.9"}]}]}`,
      `{"result":[{"face_matches":[{"similarity":-0.1}]}]}`,
      `{"result":[{"face_matches":[{"similarity":1e999}]}]}`,
      `{"result":[{"face_matches":[{"similarity":NaN}]}]}`,
      `{"result":[{"face_matches":[{"similarity":null}]}]}`,
      `{"result":[{"face_matches":[{}]}]}`,
      "<html>CompreFace</html>",
    ]) {
      await using other = await answering(200, body);
      const comparing = compare(pages.holder, selfies.holder, open({ url: other.url }));
      await assertTransient(comparing, "face_match_unavailable", unavailable);
    }
  });

  test("an answer of megabytes is refused, and hundreds of faces are counted", async () => {
    const faces = (count: number, match: string) =>
      `{"result":[{"face_matches":[${Array(count).fill(match).join()}]}]}`;
    for (const body of [
      faces(200_000, `{"similarity":0.9}`),
      faces(1_900_000, "1"),
      `{"result":[${"{},".repeat(1e6)}1]}`,
    ]) {
      await using other = await answering(200, body);
      const comparing = compare(pages.holder, selfies.holder, open({ url: other.url }));
      await assertTransient(comparing, "face_match_unavailable", { cause: "too long" });
    }
    await using crowd = await answering(200, faces(1_000, `{"similarity":0.9}`));
    const { facesInSelfie } = await compare(pages.holder, selfies.holder, open({ url: crowd.url }));
    assert.equal(facesInSelfie, 1_000);
  });

  test("an error code that is not a small number is ignored", async () => {
    for (const code of ["19850412", "28.5", "-1", "1e999", `"28"`, `{"28":28}`]) {
      await using other = await answering(400, `{"message":"MUSTERMANN","code":${code}}`);
      const comparing = compare(pages.holder, selfies.holder, open({ url: other.url }));
      await assertTransient(comparing, "face_match_unavailable", { status: 400, code: null });
    }
  });

  test('"several faces" although only the largest was asked for is face_match_unavailable', async () => {
    await using other = await answering(400, `{"code":31,"message":"several"}`);
    const comparing = compare(pages.holder, selfies.holder, open({ url: other.url }));
    await assertTransient(comparing, "face_match_unavailable", { status: 400, code: 31 });
  });

  test("any answer of the server ends in a similarity or in an error of a known kind", async () => {
    let answer = { status: 200, body: "" };
    await using other = await startHttpServer((request, response) =>
      always(answer.status, answer.body)(request, response),
    );
    const compreface = open({ url: other.url });
    const status = fc.constantFrom(200, 400, 401, 404, 500, 502);
    const code = fc.constantFrom(0, 10, 20, 21, 26, 28, 31, 41, "28", null);
    const body = fc.oneof(
      fc.json(),
      fc.record({ code, message: fc.string() }).map((error) => JSON.stringify(error)),
    );
    await fc.assert(
      fc.asyncProperty(status, body, async (...said) => {
        answer = { status: said[0], body: said[1] };
        const outcome: unknown = await compare(pages.holder, selfies.holder, compreface).catch(
          (error: unknown) => error,
        );
        assert.ok(outcome instanceof FinalError || outcome instanceof TransientError, inspect(outcome));
      }),
      { numRuns: 100 },
    );
  });

  test("a redirect is not followed, so the pictures reach no other host", async () => {
    await using trap = await answering(200, "{}");
    await using other = await startHttpServer(always(307, "", { location: trap.url }));
    const comparing = compare(pages.holder, selfies.holder, open({ url: other.url }));
    await assertTransient(comparing, "face_match_unavailable", { cause: "connection" });
    assert.equal(trap.hits(), 0);
  });
});

test("CompreFace's URL may end in a slash", async () => {
  assert.ok((await compare(pages.holder, selfies.holder, open({ url: `${server.url}/` }))).similarity > 0.9);
});

test("an abort of a comparison throws the signal's reason and ends the request at the server", async () => {
  const reason = new Error("somebody else failed");
  const asked = server.requests.length;
  await assert.rejects(open().compare(pages.holder, selfies.holder, AbortSignal.abort(reason)), reason);
  assert.equal(server.requests.length, asked);

  answerWith({ fault: "hang" });
  const controller = new AbortController();
  const earlier = server.requests.length;
  const comparing = open().compare(pages.holder, selfies.holder, controller.signal);
  while (server.requests[earlier]?.fault !== "hang") await nextTurn();
  controller.abort(reason);
  await assert.rejects(comparing, reason);
  while (server.requests[earlier]?.outcome === "open") await nextTurn();
  assert.equal(server.requests[earlier]?.outcome, "aborted");
});

test("an abort of a comparison at any moment leaves no unhandled rejection", async (t) => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  process.on("unhandledRejection", note);
  t.after(() => process.off("unhandledRejection", note));
  answerWith({ fault: "hang" });
  for (let turns = 0; turns < 20; turns += 1) {
    const controller = new AbortController();
    const comparing = assert.rejects(open().compare(pages.holder, selfies.holder, controller.signal));
    for (let turn = 0; turn < turns; turn += 1) await nextTurn();
    controller.abort();
    await comparing;
  }
  await setTimeout(50);
  assert.deepEqual(unhandled, []);
});

describe("checkHealth", () => {
  const isHealthy = (url: string, signal = NEVER) => open({ url }).checkHealth(signal);
  const PAGE = "<!doctype html><title>CompreFace</title>";

  test("the stand-in is healthy, whether /healthcheck answers with HTML or JSON", async (t) => {
    assert.equal(await isHealthy(server.url), true);
    const mapped = await createComprefaceServer({ apiKey: API_KEY, healthcheck: "json" });
    t.after(() => mapped.close());
    assert.equal(await isHealthy(`${mapped.url}/`), true);
    assert.equal(mapped.requests.length, 1, "the core is asked only where the health check proves nothing");
  });

  test("if /healthcheck answers with HTML, the core's own health check decides", async () => {
    for (const [fault, healthy] of [
      ["genuine", true],
      ["badGateway", false],
      ["gatewayTimeout", false],
      ["truncatedJson", false],
      ["reset", false],
    ] as const) {
      server.script([{ match: { kind: "probe" }, times: null, answer: { fault } }]);
      assert.equal(await isHealthy(server.url), healthy, fault);
    }
  });

  test("only a JSON body with status OK is healthy", async () => {
    for (const [status, body, healthy] of [
      [200, `{"status":"OK"}`, true],
      [200, `{ "status" : "OK" }\n`, true],
      [200, PAGE, false],
      [200, `{"status":"DOWN"}`, false],
      [200, `"OK"`, false],
      [503, `{"status":"OK"}`, false],
      [404, "", false],
    ] as const) {
      await using other = await answering(status, body);
      assert.equal(await isHealthy(other.url), healthy, `${status} ${body}`);
    }
  });

  test("a server that is down or too slow is unhealthy", async () => {
    assert.equal(await isHealthy("http://127.0.0.1:9"), false);
    server.script([{ match: { kind: "probe" }, times: null, answer: { fault: "hang" } }]);
    assert.equal(await isHealthy(server.url, AbortSignal.timeout(100)), false);
  });
});

const answering = (status: number, body: string) => startHttpServer(always(status, body));

const nextTurn = () => new Promise(setImmediate);
