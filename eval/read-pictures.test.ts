/** The eval of pictures against the stand-in of Gemini: it counts what is scripted, and waits when Gemini asks it to. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { createGeminiServer, type GeminiServer } from "../dev/stand-ins/gemini/gemini.ts";
import { samplePassport } from "../dev/samples/passports.ts";
import { STATE_PROFILES } from "../dev/samples/states.ts";
import { editDistance } from "./measure-pictures.ts";
import type { PictureEvent } from "./read-pictures.ts";
import { canReadPictures, PICTURES_BY_DEFAULT, runPictures } from "./run-pictures.ts";

const KEY = "a-key";
const MODEL = "gemini-3-flash-preview";

let server: GeminiServer;
before(async () => {
  server = await createGeminiServer({ apiKey: KEY, model: MODEL, latencyMs: 0 });
});
after(() => server.close());
beforeEach(() => server.script([]));

/** Reads sample passports from number 1 on; says what was waited for. */
async function run(count: number) {
  const waits: number[] = [];
  const events: PictureEvent[] = [];
  const before = server.requests.length;
  const text = await runPictures({
    environment: { GEMINI_API_KEY: KEY, GEMINI_BASE_URL: server.url, GEMINI_MODEL: MODEL },
    count,
    seed: 1,
    widthPx: 1_600,
    wait: async (durationMs) => void waits.push(durationMs),
    onEvent: (event) => void events.push(event),
  });
  return { text, waits, events, requests: server.requests.length - before };
}

/** A row of the table, its cells apart. */
const row = (text: string, name: string) =>
  text
    .split("\n")
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length)
    .trim()
    .split(/ {2,}/);

test("at least 30 states are drawn by default", () => {
  assert.ok(PICTURES_BY_DEFAULT >= 30);
  assert.ok(new Set(STATE_PROFILES.map(({ issuingState }) => issuingState)).size >= 30);
});

test("the eval of pictures sends nothing without a key", () => {
  assert.equal(canReadPictures({}), false);
  assert.equal(canReadPictures({ GEMINI_API_KEY: "" }), false);
  assert.equal(canReadPictures({ GEMINI_API_KEY: KEY }), true);
});

test("the eval counts pictures that are read without mistakes", async () => {
  const { text, waits, events, requests } = await run(4);
  assert.match(text, /^4 drawn passports of 4 issuing states, sent to gemini-3-flash-preview: 4 read/);
  for (const name of ["mrz line 1", "mrz line 2"]) assert.deepEqual(row(text, name), ["100.0 %", "100.0 %", "0.0 %"]);
  assert.deepEqual(row(text, "documentNumber"), ["100.0 %", "100.0 %", "0.0 %", "4", "0", "0"]);
  assert.match(text, /4 answers, [1-9]\d* tokens in, [1-9]\d* tokens out/);
  assert.deepEqual([requests, waits], [4, []]);
  assert.deepEqual(events.at(-1), { kind: "read", done: 4, of: 4 });
});

test("the eval counts a misreading in its field, with the verdict of the rules", async () => {
  const { documentNumber } = samplePassport(2);
  const wrong = `${documentNumber.slice(0, -1)}${documentNumber.endsWith("3") ? "4" : "3"}`;
  const patch = { fields: { documentNumber: { printed: wrong, value: wrong } } };
  server.script([{ match: { kind: "passport", number: 2 }, times: null, answer: { fault: "edit", patch } }]);
  const { text, requests } = await run(4);
  const drawnCharacters = [1, 2, 3, 4].reduce(
    (sum, n) => sum + (samplePassport(n).printed.documentNumber?.length ?? 0),
    0,
  );
  const [value, printed, wrongCharacters] = row(text, "documentNumber") ?? [];
  assert.deepEqual([value, printed], ["75.0 %", "75.0 %"]);
  assert.equal(wrongCharacters, `${(100 / drawnCharacters).toFixed(1)} %`);
  assert.match(text, /printed_zone_against_mrz warning: mrz_viz_mismatch/);
  // The rules asked for a second reading of the MRZ.
  assert.match(text, /Second readings of the MRZ: 1\n {2}1 agrees/);
  assert.equal(requests, 5);
});

test("the eval waits as long as a rate limit says, and counts no failure", async () => {
  server.script([{ match: { kind: "passport" }, times: 2, answer: { fault: "quotaPerMinute", delaySeconds: 7.5 } }]);
  const { text, waits, events } = await run(2);
  assert.match(text, /: 2 read/);
  assert.deepEqual(waits, [7_500, 7_500]);
  assert.deepEqual(events[0], { kind: "waits", durationMs: 7_500 });
});

test("the eval counts failures by their reason, and takes no figures from them", async () => {
  server.script([
    {
      match: { kind: "passport", number: 1 },
      times: null,
      answer: { fault: "finish", reason: "SAFETY", text: "none" },
    },
    { match: { kind: "passport", number: 2 }, times: null, answer: { fault: "overloaded" } },
  ]);
  const { text, waits } = await run(2);
  assert.match(text, /: 0 read/);
  assert.deepEqual(row(text, "surname"), ["-", "-", "-", "0", "0", "0"]);
  assert.match(text, /1 ocr_refused\n/);
  assert.match(text, /1 ocr_unavailable\n/);
  assert.equal(waits.length, 2);
});

test("a wrong key or a used-up quota ends the eval at once", async () => {
  server.script([{ match: {}, times: null, answer: { fault: "quotaPerDay", delaySeconds: 20 } }]);
  const { text, requests, waits } = await run(3);
  assert.match(text, /^1 drawn passports/);
  assert.match(text, /1 ocr_quota_exhausted/);
  assert.deepEqual([requests, waits], [1, []]);
});

test("the edit distance of two texts", () => {
  assert.equal(editDistance("", "ABC"), 3);
  assert.equal(editDistance("KITTEN", "SITTING"), 3);
  assert.equal(editDistance("SAME", "SAME"), 0);
});
