/**
 * The second reading of the MRZ, through the whole pipeline: real pictures in an object storage, prepared, cropped and sent
 * to the stand-ins over HTTP.
 */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import sharp from "sharp";
import type { GeminiRule } from "../../dev/stand-ins/gemini/gemini.ts";
import { drawPassportPhoto, drawSelfie } from "../../dev/samples/drawing/draw.ts";
import { readMarks } from "../../dev/samples/marks.ts";
import { samplePassport } from "../../dev/samples/passports.ts";
import { createCompreface } from "../../lib/providers/compreface/compreface.ts";
import { collectCalls, type Call } from "../../lib/observe/calls.ts";
import { createEnvelope } from "../../lib/record/envelope.ts";
import { FinalError, TransientError } from "../../lib/errors.ts";
import { createFaceMatch, type FaceMatcher } from "../../lib/providers/face-match.ts";
import { createGemini, type Gemini } from "../../lib/providers/gemini/gemini.ts";
import { createImagePreparation, type Picture } from "../../lib/images/images.ts";
import { createOcr } from "../../lib/providers/gemini/ocr.ts";
import type { MrzRead, Reader } from "../../lib/reader/reader.ts";
import { createStorage } from "../../lib/providers/storage/storage.ts";
import { BUCKET, KEY, MODEL, startStandIns, type StandIns } from "../../test/servers/stand-ins.ts";
import { createRecordedLog } from "../../test/recorded-log.ts";
import { createPipeline } from "./pipeline.ts";
import { createSteps } from "../run/steps.ts";
import { createPassportPages } from "./passport-pages.ts";

const SUBMISSION = {
  userId: 1,
  kycId: 456,
  passportKey: "kyc/456/passport.jpg",
  selfieKey: "kyc/456/selfie.jpg",
  id: "0b8c64c8-3a5f-4b11-9a57-2a6f3a7f0c11",
  submittedAt: 0,
};
const PASSPORT = samplePassport(18);
const NEVER = new AbortController().signal;
const envelope = createEnvelope({ keys: [{ id: 1, key: Buffer.alloc(32, "k") }] });

let page: Buffer;
let standIns: StandIns;
/** What Gemini was asked, in order. */
let asked: { purpose: string; prompt: string; pictures: readonly Picture[] }[] = [];

before(async () => {
  standIns = await startStandIns();
  page = await drawPassportPhoto({ passport: PASSPORT, widthPx: 2_000 });
  standIns.garage.put(SUBMISSION.selfieKey, await drawSelfie({ faces: [PASSPORT.seed], widthPx: 900 }));
});
after(() => standIns.close());
beforeEach(() => {
  standIns.garage.put(SUBMISSION.passportKey, page);
  standIns.gemini.script([]);
  asked = [];
});

const [, LINE_2] = PASSPORT.mrz;
/** One digit of the date of birth misread. */
const MISREAD = LINE_2.slice(0, 15) + String((Number(LINE_2.charAt(15)) + 1) % 10) + LINE_2.slice(16);

const misreadFirst: GeminiRule = {
  match: { kind: "passport" },
  times: null,
  answer: { fault: "edit", patch: { mrz: { line2: MISREAD } } },
};
const answerSecond = (answer: GeminiRule["answer"]): GeminiRule => ({ match: { kind: "mrz" }, times: null, answer });

interface JobOptions {
  readonly secondReading?: boolean;
  readonly reader?: Pick<Reader, "read">;
  /** CompreFace, unless another one is given. */
  readonly faces?: FaceMatcher | "gemini";
}

/** A job: what is kept of it survives from run to run. */
function createJob({ secondReading = true, reader, faces }: JobOptions = {}) {
  const fields: Record<string, string> = {};
  const storage = createStorage({ ...BUCKET, endpoint: standIns.garage.url, maxImageBytes: 20_000_000 });
  const real = createGemini({ apiKey: KEY, model: MODEL, baseUrl: standIns.gemini.url, timeoutMs: 10_000 });
  const gemini: Gemini = {
    ...real,
    ask: (question, signal) => {
      asked.push(question);
      return real.ask(question, signal);
    },
  };
  const compreface = createCompreface({ url: standIns.compreface.url, apiKey: KEY, timeoutMs: 10_000 });
  const images = createImagePreparation({ maxPixels: 64_000_000 });
  function openFaces(): FaceMatcher {
    if (faces === "gemini") return createFaceMatch({ compreface: undefined, gemini, threshold: 0.75 });
    return faces ?? createFaceMatch({ compreface, gemini: undefined, threshold: 0.75 });
  }
  const verify = createPipeline({
    storage,
    images,
    pages: createPassportPages({ reader: reader ?? "off", images }),
    ocr: createOcr({ gemini }),
    model: MODEL,
    faces: openFaces(),
    policy: { minimumAgeYears: 18, expiresSoonDays: 90, allowSpecimen: false },
    secondReading,
    now: () => new Date(),
  });
  return {
    async run({ isLastAttempt = false } = {}) {
      const { log } = createRecordedLog();
      const cache = { keep: async (_: number, field: string, sealed: string) => void (fields[field] = sealed) };
      const kept: Call[] = [];
      const cached = { latest: undefined, fields: { ...fields } };
      const steps = createSteps({ submission: SUBMISSION, cached, cache, envelope, calls: kept, log });
      const calls: Call[] = [];
      const work = () => verify({ submission: SUBMISSION, isLastAttempt, steps }, NEVER);
      const verification = await collectCalls((call) => void calls.push(call), work);
      const usage = [...kept, ...calls].filter(({ tokens }) => tokens !== undefined);
      return { ...verification, usage };
    },
  };
}

test("Gemini reads a genuine passport once", async () => {
  const { assessment, evidence, usage } = await createJob().run();
  assert.equal(asked.length, 1);
  assert.equal(assessment.mrz.secondReading, "none");
  assert.equal(evidence.secondMrz, undefined);
  assert.deepEqual(
    usage.map(({ purpose }) => purpose),
    ["passport"],
  );
});

test("after a wrong check digit, Gemini reads the zone's strip again without the page", async () => {
  standIns.gemini.script([misreadFirst]);
  const { assessment, usage } = await createJob().run();
  assert.equal(assessment.mrz.secondReading, "differs");
  assert.equal(assessment.mrz.line2, LINE_2);
  assert.equal(assessment.mrz.line2From, "second");
  assert.equal(assessment.fields.birthDate.value, PASSPORT.birthDate);
  assert.equal(assessment.fields.birthDate.state, "agreed");
  assert.deepEqual(
    usage.map(({ purpose }) => purpose),
    ["passport", "mrz"],
  );

  assert.equal(asked.length, 2);
  const [shown, strip] = await Promise.all(asked.map(({ pictures }) => readMarks(pictures[0]?.jpeg ?? Buffer.of())));
  const kinds = (reading: typeof strip) => new Set(reading?.marks.map(({ kind }) => kind));
  assert.ok(kinds(shown).has("page"));
  assert.deepEqual(kinds(strip), new Set(["mrz"]));
  assert.ok((strip?.height ?? 0) < (shown?.height ?? 0) / 2);

  const prompt = asked[1]?.prompt ?? "";
  const printed = Object.values(PASSPORT.printed).filter((text) => text !== null && text.length > 2);
  assert.ok(printed.length > 5);
  for (const text of [...printed, ...PASSPORT.mrz, MISREAD]) assert.ok(!prompt.includes(text ?? ""), String(text));
});

test("a second reading that repeats the first one changes nothing, and there is no third reading", async () => {
  standIns.gemini.script([misreadFirst, answerSecond({ fault: "edit", patch: { line2: MISREAD } })]);
  const { assessment } = await createJob().run();
  assert.equal(assessment.mrz.secondReading, "agrees");
  assert.equal(assessment.fields.birthDate.state, "conflict");
  assert.equal(asked.length, 2);
});

test("with KYC_SECOND_READING=off, Gemini reads a doubtful passport once", async () => {
  standIns.gemini.script([misreadFirst]);
  const { assessment } = await createJob({ secondReading: false }).run();
  assert.equal(assessment.mrz.secondReading, "none");
  assert.equal(assessment.fields.birthDate.state, "conflict");
  assert.equal(asked.length, 1);
});

test("if the second reading is refused, the first one counts", async () => {
  standIns.gemini.script([misreadFirst, answerSecond({ fault: "finish", reason: "SAFETY", text: "none" })]);
  const { assessment, evidence, usage } = await createJob().run();
  assert.equal(assessment.mrz.secondReading, "none");
  assert.equal(evidence.secondMrz, undefined);
  assert.equal(assessment.fields.birthDate.state, "conflict");
  assert.deepEqual(
    usage.map(({ purpose, outcome }) => [purpose, outcome]),
    [
      ["passport", "answered"],
      ["mrz", "ocr_refused"],
    ],
    "the refusal was paid for",
  );
});

test("a failed second reading is retried, and on the last attempt the first reading counts", async () => {
  standIns.gemini.script([misreadFirst, answerSecond({ fault: "overloaded" })]);
  const job = createJob();
  await assert.rejects(job.run(), TransientError);
  const { assessment, evidence } = await job.run({ isLastAttempt: true });
  assert.equal(assessment.mrz.secondReading, "none");
  assert.equal(evidence.secondMrz, undefined);
  // The page was read once, the strip on both attempts.
  assert.equal(asked.length, 3);
  assert.equal(asked.filter(({ prompt }) => prompt === asked[0]?.prompt).length, 1);
});

test("after a rate limit at the second reading, the first one counts without a wait", async () => {
  standIns.gemini.script([misreadFirst, answerSecond({ fault: "quotaPerMinute", delaySeconds: 30 })]);
  const { assessment, evidence } = await createJob().run();
  assert.equal(assessment.mrz.secondReading, "none");
  assert.equal(evidence.secondMrz, undefined);
  assert.equal(assessment.fields.birthDate.state, "conflict");
  assert.equal(asked.length, 2);
});

test("both readings are kept, so a retry pays for neither again", async () => {
  standIns.gemini.script([misreadFirst]);
  standIns.compreface.script([{ match: {}, times: 1, delayMs: 1_000, answer: { fault: "badGateway" } }]);
  const job = createJob();
  await assert.rejects(job.run(), TransientError);
  const paidFor = asked.length;
  const { assessment, usage } = await job.run();
  assert.equal(assessment.mrz.secondReading, "differs");
  assert.equal(paidFor, 2);
  assert.equal(asked.length, paidFor);
  assert.equal(usage.length, 2);
});

test("a mismatch by Gemini is kept, so another run of the same pictures pays for nothing", async () => {
  standIns.gemini.script([
    { match: { kind: "face" }, times: null, answer: { fault: "edit", patch: { verdict: "different_people" } } },
  ]);
  const job = createJob({ faces: "gemini" });
  for (let runs = 0; runs < 2; runs += 1) {
    await assert.rejects(job.run(), (error) => error instanceof FinalError && error.reason === "face_mismatch");
  }
  assert.deepEqual(asked.map(({ purpose }) => purpose).toSorted(), ["face_match", "passport"]);
});

test("a document that is not a passport is not read a second time", async () => {
  standIns.gemini.script([
    { ...misreadFirst, answer: { fault: "edit", patch: { documentKind: "identity_card", mrz: { line2: MISREAD } } } },
  ]);
  await assert.rejects(createJob().run(), (error: unknown) => error instanceof FinalError);
  assert.equal(asked.length, 1);
});

test("the strip is cut from the page as the model saw it, even if the reader fails later", async () => {
  standIns.garage.put(SUBMISSION.passportKey, await sharp(page).rotate(180).jpeg().toBuffer());
  const known: MrzRead = {
    lines: [
      { text: PASSPORT.mrz[0], doubtful: [], sure: true },
      { text: PASSPORT.mrz[1], doubtful: [3], sure: false },
    ],
    reason: "unsure",
    orientation: 180,
    size: [2_000, 1_500],
    zone: null,
    milliseconds: 1,
    reader: "test",
  };
  // On the second attempt the reader's thread ends.
  const answers = [known];
  const reader = { read: async () => answers.shift() ?? Promise.reject(new Error("crashed")) };
  // Engines find no face on a page that lies upside down.
  const seen = { engine: "compreface", similarity: 0.9, facesInPassport: 1, facesInSelfie: 1 } as const;
  const { judge } = createFaceMatch({ compreface: undefined, gemini: undefined, threshold: 0.75 });
  const job = createJob({ reader, faces: { compare: async () => seen, judge } });
  // The first attempt ends without an answer about the strip.
  standIns.gemini.script([misreadFirst, answerSecond({ fault: "overloaded" })]);
  await assert.rejects(job.run(), TransientError);
  standIns.gemini.script([misreadFirst]);
  asked = [];
  const { assessment } = await job.run();
  const strip = await readMarks(asked.at(-1)?.pictures[0]?.jpeg ?? Buffer.of());
  assert.deepEqual(new Set(strip?.marks.map(({ kind }) => kind)), new Set(["mrz"]));
  assert.equal(assessment.mrz.secondReading, "differs");
});
