/** Fetches pictures over HTTP from a real object store and from servers with real faults. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { after, afterEach, beforeEach, describe, test, type TestContext } from "node:test";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { listen } from "../../../dev/servers/listen.ts";
import {
  createObjectStorage,
  type ObjectStorage,
  type StorageRule,
} from "../../../dev/stand-ins/object-storage/object-storage.ts";
import { always, startHttpServer } from "../../../test/servers/http-server.ts";
import { assertNothingOpen } from "../../../test/leaks.ts";
import { FinalError, TransientError } from "../../errors.ts";
import { createStorage, type Storage } from "./storage.ts";

const OWNER = { accessKey: "GK31c2f218a2e44f485b94239e", secretKey: "b8".repeat(32), region: "garage" };
const BUCKET = "kyc-data";
const KEY = "kyc/456/my passport (1) é+&=%.jpg";
const MAX_IMAGE_BYTES = 1_000_000;
const PICTURE = Buffer.alloc(300_000, "picture");
const NEVER = new AbortController().signal;

let clock: Date;
let garage: ObjectStorage;
let storage: Storage;

function open(overrides: Partial<Parameters<typeof createStorage>[0]> = {}): Storage {
  return createStorage({
    ...OWNER,
    endpoint: garage.url,
    bucket: BUCKET,
    maxImageBytes: MAX_IMAGE_BYTES,
    timeoutMs: 5_000,
    ...overrides,
  });
}

beforeEach(async () => {
  clock = new Date();
  garage = await createObjectStorage({ ...OWNER, bucket: BUCKET, now: () => clock });
  garage.put(KEY, PICTURE, "image/jpeg");
  storage = open();
});
afterEach(async () => {
  await garage.close();
});

after(assertNothingOpen);

/** Starts a server with one answer for every request. */
const answering = (status: number, body: string) =>
  startHttpServer(always(status, body, { "content-type": "text/html" }));

/** Breaks the reading of objects. */
const fail = (answer: StorageRule["answer"], times: number | null = null) =>
  garage.script([{ match: { key: KEY }, times, answer }]);

async function failureOf(from = storage, { key = KEY, signal = NEVER } = {}): Promise<FinalError | TransientError> {
  const error: unknown = await from.fetchImage(key, "passport", signal).then(
    () => assert.fail("the picture came"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof FinalError || error instanceof TransientError, inspect(error));
  const everything = inspect(error, { depth: null, showHidden: true });
  for (const secret of ["127.0.0.1", "X-Amz", BUCKET, "456", "my passport", OWNER.accessKey, OWNER.secretKey]) {
    assert.ok(!everything.includes(secret), `the error holds ${secret}`);
  }
  assert.equal(error.image, "passport");
  return error;
}

async function assertTransient(from: Storage, facts: object): Promise<void> {
  const error = await failureOf(from);
  assert.ok(error instanceof TransientError, inspect(error));
  assert.equal(error.reason, "storage_unavailable");
  assert.deepEqual(error.facts, facts);
}

async function assertRefused(from: Storage, facts: object): Promise<void> {
  const error = await failureOf(from);
  assert.ok(error instanceof FinalError, inspect(error));
  assert.equal(error.reason, "storage_refused");
  assert.deepEqual(error.facts, facts);
}

test("an object is fetched whole, with any characters in its key, in one request", async () => {
  assert.deepEqual(await storage.fetchImage(KEY, "passport", NEVER), PICTURE);
  assert.equal(garage.readsOf(KEY), 1);
});

test("a slow object arrives within the time allowed", async () => {
  fail({ fault: "drip", chunkBytes: 100_000, everyMs: 5 });
  assert.deepEqual(await storage.fetchImage(KEY, "passport", NEVER), PICTURE);
});

describe("refusals", () => {
  test("a missing object is a photo that the person can send again", async () => {
    const error = await failureOf(storage, { key: "kyc/456/missing.jpg" });
    assert.ok(error instanceof FinalError);
    assert.equal(error.message, "INVALID_PHOTO:passport:image_not_found");
    assert.deepEqual(error.facts, { status: 404, code: "NoSuchKey" });
  });

  test("a missing bucket is storage_refused, not a fault of the person", async () => {
    const other = open({ bucket: "elsewhere" });
    await assertRefused(other, { status: 404, code: "NoSuchBucket" });
  });

  test("a 404 that is not S3's is storage_refused, not a fault of the person", async () => {
    for (const body of ["<html>404 Not Found</html>", "", "<Error><Code>NoSuchRoute</Code></Error>"]) {
      await using proxy = await answering(404, body);
      const other = open({ endpoint: proxy.url });
      await assertRefused(other, { status: 404, code: "unknown" });
    }
  });

  test("wrong credentials or a wrong region are final", async () => {
    const strangers = [
      [open({ secretKey: "c9".repeat(32) }), { status: 403, code: "AccessDenied" }],
      [open({ accessKey: "GKffffffffffffffffffffffff" }), { status: 403, code: "AccessDenied" }],
      [open({ region: "us-east-1" }), { status: 400, code: "AuthorizationHeaderMalformed" }],
    ] as const;
    for (const [stranger, facts] of strangers) await assertRefused(stranger, facts);
    fail({ fault: "status", status: 403 });
    await assertRefused(storage, { status: 403, code: "AccessDenied" });
  });

  test("an error repeats only S3's own error codes", async () => {
    for (const code of ["AnnaMustermann", "https://host/?X-Amz-Signature=1", "constructor"]) {
      await using other = await answering(403, `<Error><Code>${code}</Code></Error>`);
      const stranger = open({ endpoint: other.url });
      await assertRefused(stranger, { status: 403, code: "unknown" });
    }
  });

  test("a redirect is not followed", async () => {
    await using trap = await answering(200, "secret of an inner host");
    fail({ fault: "redirect", location: `${trap.url}/latest/meta-data` });
    await assertRefused(storage, { status: 307, code: "unknown" });
    assert.equal(trap.hits(), 0);
  });
});

/** Starts a server with these raw bytes as the answer to every request. Resolves with its URL. */
async function speaking(t: TestContext, head: readonly string[], body: Buffer = Buffer.of()): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => socket.end(Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body])));
  });
  t.after(() => server.close());
  return `http://127.0.0.1:${await listen(server)}`;
}

describe("temporary failures", () => {
  test("a URL that expired before it arrived is retried with a new one", async () => {
    clock = new Date(Date.now() + 301_000);
    await assertTransient(storage, { status: 400, code: "InvalidRequest" });
    clock = new Date();
    assert.deepEqual(await storage.fetchImage(KEY, "passport", NEVER), PICTURE);

    await using aws = await answering(
      403,
      "<Error><Code>AccessDenied</Code><Message>Request has expired</Message><X-Amz-Expires>300</X-Amz-Expires></Error>",
    );
    const other = open({ endpoint: aws.url });
    await assertTransient(other, { status: 403, code: "AccessDenied" });
  });

  test("5xx, 408 and 429 are retried", async () => {
    for (const [status, code] of [
      [500, "InternalError"],
      [503, "ServiceUnavailable"],
      [408, "InternalError"],
      [429, "InternalError"],
    ] as const) {
      fail({ fault: "status", status });
      await assertTransient(storage, { status, code });
    }
  });

  test("an error code that S3 calls temporary is retried, with any status", async () => {
    for (const [status, code, facts, message = "Later"] of [
      [403, "AccessDenied", { cause: "clock" }, "Request is not valid yet"],
      [400, "RequestTimeout", {}],
      [409, "OperationAborted", {}],
      [403, "RequestTimeTooSkewed", { cause: "clock" }],
      [400, "RequestExpired", {}],
      [400, "ThrottlingException", {}],
    ] as const) {
      await using aws = await answering(status, `<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
      const other = open({ endpoint: aws.url });
      await assertTransient(other, { status, code, ...facts });
    }
    for (const status of [409, 421, 425]) {
      await using proxy = await answering(status, "");
      const other = open({ endpoint: proxy.url });
      await assertTransient(other, { status, code: "unknown" });
    }
  });

  test("an answer without a response, or a success without the object, is retried", async (t) => {
    const respond = async (...head: readonly string[]) => open({ endpoint: await speaking(t, head) });
    const upgrade = await respond("HTTP/1.1 101 Switching Protocols", "connection: upgrade", "upgrade: websocket");
    await assertTransient(upgrade, { cause: "connection" });
    const part = await respond("HTTP/1.1 206 Partial Content", "content-length: 0");
    await assertTransient(part, { status: 206, code: "unknown" });
  });

  test("a body that is compressed or has no length is retried", async (t) => {
    const respond = async (head: readonly string[], body: Buffer) => {
      const other = open({ endpoint: await speaking(t, head, body) });
      return other;
    };
    const packed = gzipSync(PICTURE);
    const ok = "HTTP/1.1 200 OK";
    const length = `content-length: ${packed.length}`;
    const compressed = await respond([ok, length, "content-encoding: gzip"], packed);
    await assertTransient(compressed, { cause: "content-encoding" });
    const cut = await respond([ok, "connection: close"], PICTURE.subarray(0, 1_000));
    await assertTransient(cut, { cause: "no content-length" });
    const plain = await respond([ok, `content-length: ${PICTURE.length}`, "content-encoding: identity"], PICTURE);
    assert.deepEqual(await plain.fetchImage(KEY, "passport", NEVER), PICTURE);
    const size = PICTURE.length.toString(16);
    const chunked = Buffer.concat([Buffer.from(`${size}\r\n`), PICTURE, Buffer.from("\r\n0\r\n\r\n")]);
    const whole = await respond([ok, "transfer-encoding: chunked"], chunked);
    assert.deepEqual(await whole.fetchImage(KEY, "passport", NEVER), PICTURE);
    const half = await respond([ok, "transfer-encoding: chunked"], chunked.subarray(0, chunked.length / 2));
    await assertTransient(half, { cause: "connection" });
  });

  test("an error page of a gateway is retried, however long it is", async () => {
    await using proxy = await answering(502, `<html>${"502 Bad Gateway ".repeat(100_000)}</html>`);
    const other = open({ endpoint: proxy.url });
    await assertTransient(other, { status: 502, code: "unknown" });
  });

  test("a refused connection is retried", async () => {
    await garage.close();
    await assertTransient(storage, { cause: "connection" });
  });

  test("a fetch that is too slow at any stage is a timeout", async () => {
    const impatient = open({ timeoutMs: 150 });
    for (const [answer, delayMs] of [
      [{ fault: "genuine" }, 60_000],
      [{ fault: "hang" }],
      [{ fault: "hangMidBody" }],
      [{ fault: "drip", chunkBytes: 100, everyMs: 20 }],
    ] as const) {
      garage.script([{ match: {}, times: null, answer, delayMs }]);
      await assertTransient(impatient, { cause: "timeout" });
    }
  });

  test("a body that is cut off, or shorter than announced, is retried", async () => {
    fail({ fault: "cut", afterBytes: 1_000 });
    await assertTransient(storage, { cause: "connection" });
    fail({ fault: "wrongLength", contentLength: PICTURE.length + 1 });
    await assertTransient(storage, { cause: "connection" });
  });

  test("bytes beyond the announced length are dropped and do not get into a later request", async () => {
    fail({ fault: "wrongLength", contentLength: PICTURE.length - 1 }, 1);
    assert.equal((await storage.fetchImage(KEY, "passport", NEVER)).length, PICTURE.length - 1);
    assert.deepEqual(await storage.fetchImage(KEY, "passport", NEVER), PICTURE);
  });
});

describe("objects over the size limit", () => {
  test("an object is refused by its announced length before it is read", async () => {
    fail({ fault: "huge", contentLength: 1_000_000_000 });
    const error = await failureOf();
    assert.equal(error.message, "INVALID_PHOTO:passport:image_too_large");
    assert.deepEqual(error.facts, { bytes: 1_000_000_000, maxBytes: MAX_IMAGE_BYTES });
  });

  test("an object without an announced length is refused once it exceeds the limit", async () => {
    fail({ fault: "endlessBody" });
    const error = await failureOf();
    assert.equal(error.message, "INVALID_PHOTO:passport:image_too_large");
    // It read at most one chunk more than the limit.
    assert.ok(Number(error.facts["bytes"]) <= MAX_IMAGE_BYTES + 1_000_000);
  });

  test("an object of exactly the limit is accepted", async () => {
    garage.put(KEY, Buffer.alloc(MAX_IMAGE_BYTES), "image/jpeg");
    assert.equal((await storage.fetchImage(KEY, "passport", NEVER)).length, MAX_IMAGE_BYTES);
    garage.put(KEY, Buffer.alloc(MAX_IMAGE_BYTES + 1), "image/jpeg");
    assert.equal((await failureOf()).reason, "image_too_large");
  });
});

test("an abort ends the fetch with the signal's reason", async () => {
  const reason = new Error("somebody else failed");
  await assert.rejects(storage.fetchImage(KEY, "passport", AbortSignal.abort(reason)), reason);
  assert.equal(garage.readsOf(KEY), 0);

  fail({ fault: "hangMidBody" });
  const controller = new AbortController();
  const fetching = storage.fetchImage(KEY, "passport", controller.signal);
  while (garage.readsOf(KEY) === 0) await new Promise(setImmediate);
  controller.abort(reason);
  await assert.rejects(fetching, reason);
});
