/** The reader with its thread and its networks: what it reads, and what its troubles cost. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import sharp from "sharp";
import { degrade, DEGRADATIONS } from "../../eval/pages/degradations.ts";
import { drawPage } from "../../eval/pages/draw-page.ts";
import { samplePassport } from "../../dev/samples/passports.ts";
import { createReader, ReaderError, type Reader, type ReaderFault } from "./reader.ts";

const MAX_PIXELS = 64_000_000;
const PASSPORT = samplePassport(3);

/** A photo of a page, in one of the ways in which the eval takes them. */
async function photo(kind: string, seed = 1): Promise<{ jpeg: Buffer; turn: number }> {
  const degradation = DEGRADATIONS.find(({ name }) => name === kind);
  assert.ok(degradation !== undefined);
  return degrade(degradation, await drawPage(PASSPORT), seed);
}

/** A thread that runs the given code for each request. */
const threadThat = (does: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`import { parentPort } from "node:worker_threads"; parentPort.on("message", (request) => { ${does} });`)}`,
  );

const failsWith = (reading: Promise<unknown>, fault: ReaderFault) =>
  assert.rejects(reading, (error: unknown) => error instanceof ReaderError && error.fault === fault);

describe("reading", () => {
  let reader: Reader;
  let page: Buffer;
  before(async () => {
    reader = createReader({ maxPixels: MAX_PIXELS, deadlineMs: 60_000 });
    page = (await photo("plain")).jpeg;
  });
  after(() => reader.close());

  test("the reader reads a page's two lines, their place and the page's orientation", async () => {
    for (const kind of ["plain", "turned by quarters", "perspective"]) {
      const { jpeg, turn } = await photo(kind);
      const { lines, reason, orientation, zone } = await reader.read(jpeg);
      assert.deepEqual(
        lines?.map(({ text, sure }) => [text, sure]),
        PASSPORT.mrz.map((text) => [text, true]),
        kind,
      );
      assert.equal(reason, null);
      assert.equal(orientation, turn);
      assert.equal(zone?.length, 4);
    }
  });

  test("the reader applies the EXIF orientation first", async () => {
    const turned = await sharp(page).rotate(90).withMetadata({ orientation: 8 }).jpeg().toBuffer();
    const { orientation, reason } = await reader.read(turned);
    assert.deepEqual({ orientation, reason }, { orientation: 0, reason: null });
  });

  test("the reader reads PNG, WebP, grey and transparent pictures", async () => {
    for (const picture of [
      sharp(page).png(),
      sharp(page).webp(),
      sharp(page).greyscale().jpeg(),
      sharp(page).ensureAlpha().png(),
    ])
      assert.equal((await reader.read(await picture.toBuffer())).reason, null);
  });

  test("the reader reports that a picture has no zone, even the smallest picture", async () => {
    for (const side of [1, 40, 700]) {
      const empty = await sharp({ create: { width: side, height: side, channels: 3, background: "#a98" } })
        .png()
        .toBuffer();
      const { lines, reason, zone } = await reader.read(empty);
      assert.deepEqual({ lines, reason, zone }, { lines: null, reason: "no_zone", zone: null });
    }
  });

  test("the reader fails on a file that is not a picture or too large, and reads the next picture", async () => {
    const large = createReader({ maxPixels: 10_000 });
    await failsWith(large.read(page), "unreadable");
    await large.close();
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    for (const bytes of [Buffer.from("hello"), svg, Buffer.alloc(0), page.subarray(0, page.length / 3)])
      await failsWith(reader.read(bytes), "unreadable");
    assert.equal((await reader.read(page)).reason, null);
  });

  test("the reader stops waiting for an aborted picture, and reads the next one", async () => {
    await failsWith(reader.read(page, AbortSignal.abort()), "aborted");
    const aborter = new AbortController();
    const reading = reader.read(page, aborter.signal);
    aborter.abort();
    await failsWith(reading, "aborted");
    assert.equal((await reader.read(page)).reason, null);
  });

  test("the reader does not keep the process alive while it is idle", async () => {
    const program = `const { createReader } = await import(${JSON.stringify(new URL("reader.ts", import.meta.url))});
      await createReader({ maxPixels: ${MAX_PIXELS} }).read(Buffer.from(process.argv[1], "base64"));`;
    const small = await sharp(page).resize(400).jpeg().toBuffer();
    const child = spawn(process.execPath, ["--input-type=module", "-e", program, small.toString("base64")], {
      stdio: "inherit",
    });
    assert.deepEqual(await once(child, "exit"), [0, null]);
  });
});

describe("failing", () => {
  let page: Buffer;
  before(async () => {
    page = await sharp((await photo("plain")).jpeg)
      .resize(500)
      .jpeg()
      .toBuffer();
  });

  test("the reader fails the picture whose thread ends, and starts a new thread for the next one", async () => {
    const answer = `parentPort.postMessage({ page: { lines: null, reason: "no_zone", orientation: 0, zone: null }, milliseconds: 1 })`;
    for (const end of ["process.exit(3)", 'throw new Error("x")', "parentPort.postMessage({ fault: 'x' })"]) {
      // The first picture has one pixel less in width than the others.
      const program = threadThat(
        `if (request === "close") parentPort.close(); else if (request.pixels.width === 499) { ${end} } else ${answer}`,
      );
      const reader = createReader({ maxPixels: MAX_PIXELS, program });
      const first = reader.read(await sharp(page).resize(499).jpeg().toBuffer());
      const second = reader.read(page);
      await failsWith(first, "crashed");
      assert.equal((await second).reason, "no_zone");
      await reader.close();
    }
  });

  test("the reader fails each picture if no thread can start", async () => {
    const reader = createReader({ maxPixels: MAX_PIXELS, program: new URL("data:text/javascript,throw 1") });
    await failsWith(reader.read(page), "crashed");
    await failsWith(reader.read(page), "crashed");
    await reader.close();
  });

  test("the reader fails a picture at its deadline, in the queue or with a thread that never answers", async () => {
    const program = threadThat('if (request === "close") parentPort.close()');
    const reader = createReader({ maxPixels: MAX_PIXELS, deadlineMs: 50, graceMs: 100, program });
    await Promise.all([failsWith(reader.read(page), "late"), failsWith(reader.read(page), "late")]);
    // The thread is ended, so the reader can be.
    await reader.close();
  });

  test("the reader counts the time in the queue against the deadline", async () => {
    const program = threadThat(
      `if (request === "close") parentPort.close();
      else parentPort.postMessage({ page: { lines: null, reason: "unsure", orientation: 0, size: [request.deadline, 1], zone: null }, milliseconds: 1 })`,
    );
    const deadlineMs = 60_000;
    const reader = createReader({ maxPixels: MAX_PIXELS, deadlineMs, program });
    const readings = [reader.read(page), reader.read(page)];
    const latest = Date.now() + deadlineMs;
    for (const { size } of await Promise.all(readings)) assert.ok(size[0] <= latest);
    await reader.close();
  });

  test("the reader refuses a picture at once if its queue is full", async () => {
    const program = threadThat('if (request === "close") parentPort.close()');
    const reader = createReader({ maxPixels: MAX_PIXELS, deadlineMs: 500, graceMs: 100, maxWaiting: 2, program });
    const waiting = [reader.read(page), reader.read(page), reader.read(page)];
    await failsWith(reader.read(page), "busy");
    await Promise.all(waiting.map((reading) => failsWith(reading, "late")));
    await reader.close();
  });

  test("the reader reads nothing during and after closing", async () => {
    const reader = createReader({ maxPixels: MAX_PIXELS, deadlineMs: 60_000 });
    const readings = [failsWith(reader.read(page), "aborted"), failsWith(reader.read(page), "aborted")];
    await reader.close();
    await Promise.all(readings);
    await failsWith(reader.read(page), "aborted");
  });
});
