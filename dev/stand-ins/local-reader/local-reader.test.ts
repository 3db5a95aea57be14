/** Reading drawn pages without marks, over the stand-in's real HTTP and the service's own client. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import sharp from "sharp";
import { createImagePreparation } from "../../../lib/images/images.ts";
import { assessPassport } from "../../../lib/passport/assess.ts";
import { collectCalls, type Call } from "../../../lib/observe/calls.ts";
import { createGemini } from "../../../lib/providers/gemini/gemini.ts";
import { createOcr } from "../../../lib/providers/gemini/ocr.ts";
import { drawPassportPhoto } from "../../samples/drawing/draw.ts";
import { genuineReading, samplePassport } from "../../samples/passports.ts";
import { createGeminiServer, type GeminiServer } from "../gemini/gemini.ts";
import { drawTestPhoto } from "../../../test/marked-pictures.ts";
import { createLocalReader, LOCAL_READER } from "./local-reader.ts";

const NEVER = new AbortController().signal;
const POLICY = { minimumAgeYears: 18, expiresSoonDays: 30, allowSpecimen: false };
const images = createImagePreparation({ maxPixels: 50_000_000 });

const reader = createLocalReader();
let server: GeminiServer;
let ocr: ReturnType<typeof createOcr>;

before(async () => {
  server = await createGeminiServer({ apiKey: "key", model: "a-model", latencyMs: 0, reader });
  const gemini = createGemini({ apiKey: "key", model: "a-model", baseUrl: server.url, timeoutMs: 120_000 });
  ocr = createOcr({ gemini });
});
after(() => server.close());
after(() => reader.close());

async function read(upload: Buffer) {
  const calls: Call[] = [];
  const picture = await images.prepare(upload, "passport");
  const reading = await collectCalls(
    (call) => void calls.push(call),
    () => ocr.readPassport(picture, NEVER),
  );
  return { reading, picture, tokens: calls.map(({ tokens }) => tokens) };
}

test("the local reader really reads a drawn page without marks, under its own name and free of charge", async () => {
  for (const number of [1, 7]) {
    const passport = samplePassport(number);
    const { reading, tokens } = await read(await drawPassportPhoto({ passport, marked: false }));
    const { fields, mrz } = genuineReading(passport);
    assert.deepEqual(reading.mrz, mrz);
    assert.equal(reading.documentKind, "passport");
    // In thousandths of the picture; a drawn page fills most of it, and its zone is at the bottom.
    const [top = 0, left = 0, bottom = 0, right = 0] = reading.mrzBox ?? assert.fail("no box");
    assert.ok(top > 650 && bottom - top < 200 && left < 150 && right > 800, String(reading.mrzBox));
    for (const name of [
      "surname",
      "givenNames",
      "documentNumber",
      "birthDate",
      "issueDate",
      "expiryDate",
      "sex",
    ] as const)
      assert.equal(reading.fields[name].value, fields[name].value, `${number} ${name}`);
    assert.deepEqual(reading.fields.placeOfBirth.printed, passport.printed.placeOfBirth);
    assert.deepEqual(tokens, [{ model: LOCAL_READER, inputTokens: 0, outputTokens: 0 }]);
  }
});

test("the local reader reads a cut-out zone", async () => {
  const passport = samplePassport(7);
  const page = await images.prepare(await drawPassportPhoto({ passport, marked: false }), "passport");
  const strip = await images.cropMrz(page, null);
  const [line1, line2] = passport.mrz;
  assert.deepEqual(await ocr.readMrzAgain(strip, { isLastAttempt: true }, NEVER), { line1, line2, unreadable: null });
});

test("the local reader reports a page's date of birth as it is printed, also if the MRZ has another", async () => {
  const passport = samplePassport(7);
  const printed = { ...passport.printed, birthDate: "17 MAR/MRT 1961" };
  const { reading } = await read(await drawPassportPhoto({ passport: { ...passport, printed }, marked: false }));
  assert.equal(reading.fields.birthDate.value, "1961-03-17");
  assert.equal(reading.mrz.line2, passport.mrz[1]);
});

test("the local reader claims nothing about pictures that it cannot read, and the service says so", async () => {
  const blurred = await sharp(await drawPassportPhoto({ passport: samplePassport(7), marked: false }))
    .blur(40)
    .jpeg()
    .toBuffer();
  for (const upload of [await drawTestPhoto(1), blurred]) {
    const { reading } = await read(upload);
    assert.equal(reading.documentKind, "unclear");
    assert.deepEqual(reading.mrz, { line1: null, line2: null, unreadable: null });
    for (const field of Object.values(reading.fields)) assert.deepEqual(Object.values(field), [null, null, null]);
    assert.equal(assessPassport({ reading, today: new Date(), policy: POLICY }).verdict, "passport_unreadable");
  }
});
