/**
 * Which engine decides whether two faces match, and what happens if no engine can. Both engines are real HTTP servers.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import { inspect } from "node:util";
import {
  createComprefaceServer,
  type ComprefaceRule,
  type ComprefaceServer,
} from "../../dev/stand-ins/compreface/compreface.ts";
import { createGeminiServer, type GeminiRule, type GeminiServer } from "../../dev/stand-ins/gemini/gemini.ts";
import { drawTestPage, drawTestSelfie } from "../../test/marked-pictures.ts";
import { assertNothingOpen } from "../../test/leaks.ts";
import { createCompreface } from "./compreface/compreface.ts";
import { FinalError, RateLimitError, TransientError } from "../errors.ts";
import { collectCalls, type Call } from "../observe/calls.ts";
import { createFaceMatch, faceMatchSchema } from "./face-match.ts";
import { createGemini } from "./gemini/gemini.ts";
import type { Picture } from "../images/images.ts";

const COMPREFACE_KEY = "6a2e9c1e-58c4-4d0f-9d6c-2f8f5b8f3a11";
const GEMINI_KEY = "gemini-key";
const MODEL = "gemini-3-flash-preview";
const NEVER = new AbortController().signal;
const THRESHOLD = 0.75;

let comprefaceServer: ComprefaceServer;
let geminiServer: GeminiServer;
let passport: Picture;
let selfies: Record<"holder" | "other" | "crowd", Picture>;
let blank: Picture;

before(async () => {
  comprefaceServer = await createComprefaceServer({ apiKey: COMPREFACE_KEY, latencyMs: 0 });
  geminiServer = await createGeminiServer({ apiKey: GEMINI_KEY, model: MODEL, latencyMs: 0 });
  const size = { width: 1_000, height: 1_000 };
  const selfie = (jpeg: Buffer): Picture => ({ role: "selfie", jpeg, ...size });
  passport = { role: "passport", jpeg: await drawTestPage({ passport: 1, person: 7 }), ...size };
  blank = selfie(await drawTestPage({ passport: 1 }));
  selfies = {
    holder: selfie(await drawTestSelfie({ person: 7 })),
    other: selfie(await drawTestSelfie({ person: 8 })),
    crowd: selfie(await drawTestSelfie({ person: 7, second: 8 })),
  };
});
after(async () => {
  await Promise.all([comprefaceServer.close(), geminiServer.close()]);
  await assertNothingOpen();
});
beforeEach(() => {
  comprefaceServer.script([]);
  geminiServer.script([]);
});

const compreface = (timeoutMs = 10_000) =>
  createCompreface({ url: comprefaceServer.url, apiKey: COMPREFACE_KEY, timeoutMs });
const gemini = () => createGemini({ apiKey: GEMINI_KEY, model: MODEL, baseUrl: geminiServer.url, timeoutMs: 5_000 });

type Engines = Partial<Parameters<typeof createFaceMatch>[0]>;

const both = (overrides: Engines = {}) =>
  createFaceMatch({ compreface: compreface(), gemini: gemini(), threshold: THRESHOLD, ...overrides });
const onlyGemini = () => both({ compreface: undefined });
const onlyCompreface = () => both({ gemini: undefined });

type Matcher = ReturnType<typeof createFaceMatch>;

async function compare(matcher: Matcher, selfie = selfies.holder, isLastAttempt = false, page = passport) {
  return matcher.judge(await matcher.compare({ passport: page, selfie, isLastAttempt }, NEVER));
}

async function failureOf(comparing: Promise<unknown>): Promise<unknown> {
  return comparing.then(
    (match) => assert.fail(`a match: ${inspect(match)}`),
    (error: unknown) => error,
  );
}

async function assertFinal(comparing: Promise<unknown>, message: string | RegExp): Promise<FinalError> {
  const error = await failureOf(comparing);
  assert.ok(error instanceof FinalError, inspect(error));
  assert.match(error.message, typeof message === "string" ? new RegExp(`^${message}$`) : message);
  return error;
}

async function assertTransient(comparing: Promise<unknown>, reason: string): Promise<void> {
  const error = await failureOf(comparing);
  assert.ok(error instanceof TransientError, inspect(error));
  assert.equal(error.reason, reason);
}

/** Collects the calls to providers during some work. */
async function callsDuring(work: () => Promise<unknown>): Promise<readonly Call[]> {
  const calls: Call[] = [];
  await collectCalls((call) => void calls.push(call), work);
  return calls;
}

test("the tokens of a comparison by Gemini are recorded, even if its answer is unusable", async () => {
  for (const [selfie, outcome] of [
    [selfies.holder, "answered"],
    [selfies.other, "answered"],
    [blank, "answered"],
    [selfies.holder, "ocr_bad_output"],
  ] as const) {
    if (outcome !== "answered") geminiAnswers({ fault: "text", text: "They look alike." });
    const [call, ...others] = await callsDuring(() => compare(onlyGemini(), selfie).catch(() => {}));
    assert.deepEqual(others, []);
    assert.deepEqual([call?.provider, call?.purpose, call?.outcome], ["gemini", "face_match", outcome]);
    assert.ok((call?.tokens?.inputTokens ?? 0) > 2 * 1_120, "two pictures were sent");
  }
});

const comprefaceAnswers = (answer: ComprefaceRule["answer"]) =>
  comprefaceServer.script([{ match: {}, times: null, answer }]);
const geminiAnswers = (answer: GeminiRule["answer"]) => geminiServer.script([{ match: {}, times: null, answer }]);

/** Counts the calls to Gemini during some work. */
async function questionsDuring(work: () => Promise<unknown>): Promise<number> {
  const earlier = geminiServer.requests.length;
  await work();
  return geminiServer.requests.length - earlier;
}

describe("CompreFace decides", () => {
  test("a match by CompreFace names the engine and the similarity, and asks Gemini nothing", async () => {
    const questions = await questionsDuring(async () => {
      const match = await compare(both());
      assert.deepEqual(faceMatchSchema.parse(match), match);
      const { similarity, ...rest } = match;
      assert.ok(similarity !== null && similarity > 0.9);
      assert.deepEqual(rest, { engine: "compreface", threshold: THRESHOLD, facesInPassport: 1, facesInSelfie: 1 });
    });
    assert.equal(questions, 0);
  });

  test("several faces in the selfie are counted", async () => {
    assert.equal((await compare(both(), selfies.crowd)).facesInSelfie, 2);
  });

  test("a similarity below the threshold is a mismatch, and one at the threshold is a match", async () => {
    comprefaceAnswers({ fault: "similarity", value: THRESHOLD });
    assert.equal((await compare(both())).similarity, THRESHOLD);

    comprefaceAnswers({ fault: "similarity", value: 0.74999 });
    const error = await assertFinal(compare(both()), /^FACE_MISMATCH:0\.74999:./);
    assert.equal(error.reason, "face_mismatch");
    assert.equal(error.image, "selfie");
    assert.deepEqual(error.facts, {
      engine: "compreface",
      similarity: 0.74999,
      threshold: THRESHOLD,
      facesInPassport: 1,
      facesInSelfie: 1,
    });
  });

  test("a similarity equal to the threshold matches at the lowest and the highest threshold", async () => {
    comprefaceAnswers({ fault: "similarity", value: 0 });
    assert.equal((await compare(both({ threshold: 0 }))).similarity, 0);
    comprefaceAnswers({ fault: "similarity", value: 1 });
    assert.equal((await compare(both({ threshold: 1 }))).similarity, 1);
  });
});

describe("the fallback", () => {
  test("Gemini is asked only on the last attempt, after any failure of CompreFace", async () => {
    for (const [fault, reason] of [
      ["coreRaised", "face_match_unavailable"],
      ["unexpected", "face_match_unavailable"],
      ["badGateway", "face_match_unavailable"],
      ["reset", "face_match_unavailable"],
      ["hang", "face_match_unavailable"],
      ["unknownKey", "face_match_misconfigured"],
    ] as const) {
      comprefaceAnswers({ fault });
      const engines = both(fault === "hang" ? { compreface: compreface(200) } : {});
      const questions = await questionsDuring(() => assertTransient(compare(engines), reason));
      assert.equal(questions, 0, fault);
      assert.deepEqual(await compare(engines, selfies.holder, true), {
        engine: "gemini",
        similarity: null,
        threshold: THRESHOLD,
        facesInPassport: 1,
        facesInSelfie: 1,
      });
    }
  });

  test("Gemini is not asked after a final answer of CompreFace, even on the last attempt", async () => {
    const questions = await questionsDuring(async () => {
      await assertFinal(compare(both(), selfies.other, true), /^FACE_MISMATCH:0\.\d+:/);
      await assertFinal(compare(both(), blank, true), "INVALID_PHOTO:selfie:face_not_found");
      await assertFinal(
        compare(both(), selfies.holder, true, { ...blank, role: "passport" }),
        /^INVALID_PHOTO:passport/,
      );
    });
    assert.equal(questions, 0);
  });

  test("Gemini is never asked if the fallback is off", async () => {
    comprefaceAnswers({ fault: "badGateway" });
    const questions = await questionsDuring(() =>
      assertTransient(compare(onlyCompreface(), selfies.holder, true), "face_match_unavailable"),
    );
    assert.equal(questions, 0);
  });

  test("Gemini is not asked after the job was aborted", async () => {
    comprefaceAnswers({ fault: "hang" });
    const reason = new Error("somebody else failed");
    const controller = new AbortController();
    const questions = await questionsDuring(async () => {
      const comparing = both().compare({ passport, selfie: selfies.holder, isLastAttempt: true }, controller.signal);
      controller.abort(reason);
      await assert.rejects(comparing, reason);
    });
    assert.equal(questions, 0);
  });

  test("a rate limit of the fallback is thrown with Gemini's own delay", async () => {
    comprefaceAnswers({ fault: "badGateway" });
    geminiAnswers({ fault: "quotaPerMinute", delaySeconds: 44 });
    const error = await failureOf(compare(both(), selfies.holder, true));
    assert.ok(error instanceof RateLimitError);
    assert.equal(error.retryAfterMs, 44_000);
  });
});

describe("CompreFace has no key: Gemini decides", () => {
  test('"same person" is a match without a score', async () => {
    const match = await compare(onlyGemini(), selfies.crowd);
    assert.equal(match.engine, "gemini");
    assert.equal(match.similarity, null);
    assert.equal(match.facesInSelfie, 2);
  });

  test('"different people" is a mismatch without a score', async () => {
    const error = await assertFinal(compare(onlyGemini(), selfies.other), /^FACE_MISMATCH:none:./);
    assert.equal(error.facts["engine"], "gemini");
    assert.equal(error.facts["similarity"], null);
  });

  test("a picture without a face is face_not_found", async () => {
    await assertFinal(compare(onlyGemini(), blank), "INVALID_PHOTO:selfie:face_not_found");
    const page: Picture = { ...blank, role: "passport" };
    await assertFinal(compare(onlyGemini(), selfies.holder, false, page), "INVALID_PHOTO:passport:face_not_found");
  });

  test("doubt, a refusal or an unusable answer is face_not_comparable, never a mismatch", async () => {
    for (const fault of [
      { fault: "edit", patch: { verdict: "cannot_compare" } },
      { fault: "finish", reason: "SAFETY", text: "none" },
      { fault: "finish", reason: "RECITATION", text: "none" },
      { fault: "finish", reason: "SPII", text: "half" },
      { fault: "blockedPrompt", reason: "PROHIBITED_CONTENT" },
      { fault: "unprocessableImage" },
      { fault: "text", text: "I cannot compare the faces of real people." },
      { fault: "text", text: "" },
      { fault: "edit", patch: { verdict: "probably" } },
      { fault: "edit", patch: { facesInSelfie: -1 } },
      { fault: "finish", reason: "MAX_TOKENS", text: "half" },
    ] as const) {
      geminiAnswers(fault);
      await assertTransient(compare(onlyGemini()), "face_not_comparable");
    }
  });

  test("an outage or a wrong key of Gemini keeps its own reason", async () => {
    geminiAnswers({ fault: "highDemand" });
    await assertTransient(compare(onlyGemini()), "ocr_unavailable");
    geminiAnswers({ fault: "quotaPerDay" });
    await assertFinal(compare(onlyGemini()), "Gemini's quota or credits are used up");
    geminiAnswers({ fault: "invalidKey" });
    const error = await failureOf(compare(onlyGemini()));
    assert.ok(error instanceof FinalError);
    assert.equal(error.reason, "ocr_misconfigured");
  });
});
