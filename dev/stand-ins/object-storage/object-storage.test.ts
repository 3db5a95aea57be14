import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, test } from "node:test";
import { GetObjectCommand, HeadObjectCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import * as fc from "fast-check";
import { type ObjectStorage, type StorageRule, createObjectStorage } from "./object-storage.ts";

const owner = { accessKey: "GK31c2f218a2e44f485b94239e", secretKey: "b8".repeat(32), region: "garage" };
const bucket = "kyc-data";
const Key = "kyc/456/passport (1) é+&=.jpg";
const bytes = Buffer.from("the picture".repeat(1000));

let clock: Date;
let storage: ObjectStorage;
let s3: S3Client;

beforeEach(async () => {
  clock = new Date();
  storage = await createObjectStorage({ ...owner, bucket, now: () => clock });
  s3 = connect();
});

afterEach(async () => {
  s3.destroy();
  await storage.close();
});

function connect({ accessKey = owner.accessKey, secretKey = owner.secretKey, region = owner.region } = {}): S3Client {
  return new S3Client({
    endpoint: storage.url,
    region,
    credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
    forcePathStyle: true,
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    maxAttempts: 1,
  });
}

async function presign({ from = s3, key = Key, expiresIn = 300, inBucket = bucket } = {}): Promise<string> {
  return getSignedUrl(from, new GetObjectCommand({ Bucket: inBucket, Key: key }), { expiresIn });
}

async function errorOf(response: Response): Promise<[status: number, code: string, message: string]> {
  const body = await response.text();
  const [, code = "", message = ""] = /<Code>(.*)<\/Code><Message>(.*)<\/Message>/.exec(body) ?? [];
  return [response.status, code, message];
}

describe("objects", () => {
  test("a URL presigned by the AWS SDK gets the object, with its length and ETag", async () => {
    storage.put(Key, bytes, "image/jpeg");
    const response = await fetch(await presign());
    assert.equal(response.status, 200);
    assert.equal(response.headers.get("content-type"), "image/jpeg");
    assert.equal(response.headers.get("content-length"), String(bytes.length));
    assert.match(response.headers.get("etag") ?? "", /^"[0-9a-f]{32}"$/);
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes);
  });

  test("the AWS SDK puts, heads and gets, and a presigned URL puts", async () => {
    const put = await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body: bytes, ContentType: "image/png" }));
    const head = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key }));
    assert.equal(head.ContentLength, bytes.length);
    assert.equal(head.ETag, put.ETag);
    const got = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
    assert.deepEqual(Buffer.from((await got.Body?.transformToByteArray()) ?? []), bytes);

    const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket: bucket, Key: "other" }));
    assert.equal((await fetch(url, { method: "PUT", body: "new" })).status, 200);
    assert.equal(await (await fetch(await presign({ key: "other" }))).text(), "new");
  });

  test("any key that the contract allows is put by the AWS SDK and found under its presigned URL", async () => {
    const part = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
    const isPlain = (segment: string) => !/[/\p{Cc}]|^\.{1,2}$/u.test(segment);
    const keys = fc.array(part.filter(isPlain), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    await fc.assert(
      fc.asyncProperty(keys, async (key) => {
        await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: key }));
        assert.equal(await (await fetch(await presign({ key }))).text(), key);
        assert.equal(storage.remove(key), true);
      }),
      { numRuns: 50 },
    );
  });

  test("reads are counted by key, refused ones too", async () => {
    storage.put(Key, bytes);
    await (await fetch(await presign())).arrayBuffer();
    await (await fetch(`${await presign()}0`)).arrayBuffer();
    await (await fetch(await presign({ key: "missing" }))).arrayBuffer();
    assert.deepEqual([Key, "missing", "other"].map(storage.readsOf), [2, 1, 0]);
  });
});

describe("refusals, in Garage's words", () => {
  beforeEach(() => storage.put(Key, bytes));

  test("the body of an error is Garage's XML", async () => {
    const response = await fetch(await presign({ key: "a&b" }));
    assert.equal(response.headers.get("content-type"), "application/xml");
    assert.equal(
      await response.text(),
      '<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code><Message>Key not found</Message>' +
        "<Resource>/kyc-data/a%26b</Resource><Region>garage</Region></Error>",
    );
  });

  test("an expired URL is 400, without grace, and says so even when it is wrong in other ways", async () => {
    const expired: [number, string, string] = [400, "InvalidRequest", "Bad request: Date is too old"];
    const url = await presign();
    const stranger = connect({ accessKey: "GK0", region: "us-east-1" });
    const foreign = await presign({ from: stranger });
    stranger.destroy();
    clock = new Date(clock.getTime() + 299_000);
    assert.equal((await fetch(url)).status, 200);
    clock = new Date(clock.getTime() + 60_000);
    assert.deepEqual(await errorOf(await fetch(url)), expired);
    assert.deepEqual(await errorOf(await fetch(foreign)), expired);
  });

  test("a URL that was signed for another secret, path, query, method or host has an invalid signature", async () => {
    const invalid: [number, string, string] = [403, "AccessDenied", "Forbidden: Invalid signature"];
    const thief = connect({ secretKey: "00".repeat(32) });
    assert.deepEqual(await errorOf(await fetch(await presign({ from: thief }))), invalid);
    thief.destroy();
    const url = await presign();
    assert.deepEqual(await errorOf(await fetch(url.replace("passport", "selfie"))), invalid);
    assert.deepEqual(await errorOf(await fetch(`${url}&versionId=1`)), invalid);
    assert.deepEqual(await errorOf(await fetch(url, { method: "PUT", body: "x" })), invalid);
    assert.deepEqual(await errorOf(await fetch(url.replace("127.0.0.1", "localhost"))), invalid);
  });

  test("a request without a signature, or for another bucket, is refused", async () => {
    assert.deepEqual(await errorOf(await fetch(`${storage.url}/${bucket}/a.jpg`)), [
      403,
      "AccessDenied",
      "Forbidden: Garage does not support anonymous access yet",
    ]);
    assert.deepEqual(await errorOf(await fetch(await presign({ inBucket: "other" }))), [
      404,
      "NoSuchBucket",
      "Bucket not found: other",
    ]);
  });

  test("a malformed signature is refused", async () => {
    for (const [name, value] of [
      ["X-Amz-Expires", "691200"],
      ["X-Amz-Date", "today"],
      ["X-Amz-Algorithm", "AWS4"],
    ] as const) {
      const url = new URL(await presign());
      url.searchParams.set(name, value);
      assert.deepEqual((await errorOf(await fetch(url))).slice(0, 2), [400, "InvalidRequest"]);
    }
  });

  test("an x-amz header that is sent but not signed is refused", async () => {
    const response = await fetch(await presign(), { headers: { "x-amz-acl": "public-read" } });
    const message = "Bad request: Header `x-amz-acl` should be signed";
    assert.deepEqual(await errorOf(response), [400, "InvalidRequest", message]);
  });

  test("a body that is not the one that was signed is refused", async () => {
    const tampering = connect();
    tampering.middlewareStack.add(
      (next) => async (args) => {
        const { request } = args;
        if (typeof request === "object" && request !== null && "body" in request) request.body = Buffer.from("other");
        return next(args);
      },
      { step: "finalizeRequest", priority: "low" },
    );
    const command = new PutObjectCommand({ Bucket: bucket, Key, Body: Buffer.from("mine!"), ContentLength: 5 });
    await assert.rejects(tampering.send(command), { name: "InvalidDigest" });
    tampering.destroy();
    assert.deepEqual(Buffer.from(await (await fetch(await presign())).arrayBuffer()), bytes);
  });
});

describe("faults", () => {
  beforeEach(() => storage.put(Key, bytes));

  const fail = (answer: StorageRule["answer"], times: number | null = null) =>
    storage.script([{ match: { key: Key }, times, answer }]);

  test("a fault hits only its key, and not one without the right to it", async () => {
    storage.put("other", bytes);
    fail({ fault: "status", status: 500 });
    assert.equal((await fetch(await presign({ key: "other" }))).status, 200);
    assert.equal((await fetch(`${await presign()}0`)).status, 403);
    assert.equal((await fetch(await presign())).status, 500);
  });

  test("a cut body whose length was not announced looks whole to the reader", async () => {
    fail({ fault: "cutUnannounced", afterBytes: 100 });
    const response = await fetch(await presign());
    assert.deepEqual(
      ["content-length", "transfer-encoding"].map((name) => response.headers.get(name)),
      [null, null],
    );
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), bytes.subarray(0, 100));
  });
});
