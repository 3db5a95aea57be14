/** What may be submitted, and the ids of jobs. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  bullJobIdOf,
  hasSamePictures,
  jobIdOf,
  kycIdOf,
  parseJob,
  parseLatest,
  submissionSchema,
} from "./submission.ts";

const SUBMISSION = {
  userId: 123,
  kycId: 456,
  passportKey: "kyc/456/passport.jpg",
  selfieKey: "kyc/456/selfie.jpg",
  stampKey: "kyc/456/stamp.jpg",
};
const ID_RULE = "must be an integer from 1 to 9007199254740991";
const KEY_RULE =
  "must be an object key: 1 to 1024 bytes of UTF-8 without control characters, a leading slash, '.' or '..' segments, and not a URL";
const KEYS = ["passportKey", "selfieKey", "stampKey"] as const;

/** The faults of a submission, by path. */
function faultsOf(value: unknown): Record<string, string> {
  const { error } = submissionSchema.safeParse(value);
  return Object.fromEntries(error?.issues.map(({ path, message }) => [path.join("."), message]) ?? []);
}

const isKey = (key: unknown) =>
  KEYS.every((name) => submissionSchema.safeParse({ ...SUBMISSION, [name]: key }).success);
const isRefused = (key: unknown) => KEYS.every((name) => faultsOf({ ...SUBMISSION, [name]: key })[name] === KEY_RULE);

test("a submission is accepted as it is, without unknown fields", () => {
  const extra = { isAdmin: true, baseline: { reviewedAt: null }, kept: "x", verdict: "x", requestId: "mine" };
  assert.deepEqual(submissionSchema.parse({ ...SUBMISSION, ...extra }), SUBMISSION);
});

test("stampKey may be missing or null", () => {
  const { stampKey: _, ...without } = SUBMISSION;
  assert.deepEqual(submissionSchema.parse(without), without);
  assert.deepEqual(submissionSchema.parse({ ...without, stampKey: null }), { ...without, stampKey: null });
});

test("every missing field is named", () => {
  assert.deepEqual(faultsOf({}), {
    userId: ID_RULE,
    kycId: ID_RULE,
    passportKey: KEY_RULE,
    selfieKey: KEY_RULE,
  });
});

test("a value that is not an object is refused as a whole", () => {
  for (const value of [null, [], [SUBMISSION], "text", 1, true]) {
    assert.deepEqual(faultsOf(value), { "": "must be a JSON object" });
  }
});

describe("ids", () => {
  test("an id may be every integer from 1 to 2^53 - 1", () => {
    for (const edge of [1, Number.MAX_SAFE_INTEGER]) assert.deepEqual(faultsOf({ ...SUBMISSION, kycId: edge }), {});
    fc.assert(
      fc.property(fc.maxSafeNat(), (id) => {
        assert.equal("kycId" in faultsOf({ ...SUBMISSION, kycId: id }), id === 0);
      }),
    );
  });

  test("an id may be no other value", () => {
    const others = fc.oneof(
      fc.double().filter((value) => !Number.isSafeInteger(value) || value < 1),
      fc.maxSafeInteger().map((value) => -Math.abs(value)),
      fc.constantFrom(2 ** 53, 1e308, 1.5, "456", true, null, [456], { valueOf: 456 }),
    );
    fc.assert(
      fc.property(others, (id) => {
        assert.deepEqual(faultsOf({ ...SUBMISSION, userId: id, kycId: id }), { userId: ID_RULE, kycId: ID_RULE });
      }),
    );
  });
});

describe("object keys", () => {
  const segments = fc
    .string({ minLength: 1, maxLength: 40, unit: fc.constantFrom(..."aZ09-_. +é漢🛂%=~'\"()&$@?#*") })
    .filter((segment) => segment !== "." && segment !== "..");

  test("an object key may have segments of any printable characters between slashes", () => {
    fc.assert(fc.property(fc.array(segments, { minLength: 1, maxLength: 5 }), (parts) => isKey(parts.join("/"))));
    for (const key of ["a", "...", ".hidden", "a..b", "a/..b/c..", "a//b", "a/", "a:b/c", "%2e%2e/x", "..\\x"]) {
      assert.ok(isKey(key), key);
    }
  });

  test("an object key may have 1,024 bytes of UTF-8, and not one byte more", () => {
    for (const [character, bytes] of [
      ["a", 1],
      ["é", 2],
      ["漢", 3],
      ["🛂", 4],
    ] as const) {
      const longest = character.repeat(Math.floor(1_024 / bytes)).padEnd(character.length === 2 ? 0 : 1, "a");
      const padded = longest + "a".repeat(1_024 - Buffer.byteLength(longest));
      assert.ok(isKey(padded), character);
      assert.ok(isRefused(`${padded}a`), character);
    }
    assert.ok(isRefused(""));
  });

  test('refuse the segments "." and ".." in any place', () => {
    fc.assert(
      fc.property(fc.array(segments), fc.constantFrom(".", ".."), fc.array(segments), (before, dots, behind) =>
        isRefused([...before, dots, ...behind].join("/")),
      ),
    );
  });

  test("an object key may have no control characters", () => {
    const controls = fc
      .oneof(fc.integer({ min: 0, max: 0x1f }), fc.integer({ min: 0x7f, max: 0x9f }))
      .map((code) => String.fromCodePoint(code));
    fc.assert(
      fc.property(segments, controls, segments, (before, control, behind) => isRefused(before + control + behind)),
    );
  });

  test("an object key may have no lone surrogate, which UTF-8 cannot encode", () => {
    for (const key of ["\uD83D", "a\uDEC2b", "\uDEC2\uD83D"]) assert.ok(isRefused(key));
  });

  test("an object key may have no leading slash", () => {
    for (const key of ["/", "/a", "//host/a"]) assert.ok(isRefused(key), key);
  });

  test("an object key may not be a URL, however it is written", () => {
    fc.assert(fc.property(fc.webUrl(), isRefused), { numRuns: 20 });
    const urls = [
      "HTTPS://evil.example/a",
      "http://169.254.169.254/latest/meta-data",
      "s3://other-bucket/kyc/456/passport.jpg",
      "file:///etc/passwd",
      "file:/etc/passwd",
      "https:/evil.example/a",
      "https:evil.example",
      "http:\\\\evil.example",
      " https://evil.example/a",
      "data:image/png;base64,AAAA",
      "gopher://localhost:6379/_FLUSHALL",
      "x-scheme+1.0://a",
    ];
    for (const url of urls) assert.ok(isRefused(url), url);
  });

  test("an object key must be a string", () => {
    for (const value of [1, true, ["a"], { length: 1 }]) assert.ok(isRefused(value));
  });
});

describe("job ids", () => {
  test("a job id leads back to its record", () => {
    fc.assert(
      fc.property(
        fc.maxSafeNat().filter((id) => id > 0),
        (id) => kycIdOf(jobIdOf(id)) === id && kycIdOf(bullJobIdOf({ kycId: id, id: randomUUID() })) === id,
      ),
    );
    assert.equal(jobIdOf(Number.MAX_SAFE_INTEGER), "kyc-9007199254740991");
  });

  test("a job id of another form leads to no record", () => {
    for (const id of [
      "",
      "456",
      "kyc-",
      "kyc-0",
      "kyc-007",
      "kyc--1",
      "kyc-1.5",
      "kyc-9007199254740992",
      "kyc-1 ",
      "x-1",
      "kyc-1.",
      `kyc-1.${randomUUID()}.2`,
      `kyc-1:${randomUUID()}`,
    ]) {
      assert.equal(kycIdOf(id), undefined, id);
    }
  });
});

describe("queued submissions", () => {
  const queued = { ...SUBMISSION, requestId: "JKJaXmPLvHcESHA=", id: randomUUID(), submittedAt: 1_700_000_000_000 };
  const jobId = bullJobIdOf(queued);
  const spoilt = [
    null,
    "text",
    {},
    { ...queued, kycId: 0 },
    { ...queued, id: "1" },
    { ...queued, submittedAt: "now" },
    { ...queued, submittedAt: Date.now() + 2 * 24 * 3_600_000 },
    { ...queued, passportKey: "../x" },
  ];

  test("a queued submission is read from its job", () => {
    assert.deepEqual(parseJob(jobId, { ...queued, extra: 1 }), queued);
    assert.deepEqual(parseJob(jobId, JSON.stringify(queued)), queued);
  });

  test("a queued submission is not read from a job with foreign data, or of another record or submission", () => {
    for (const data of spoilt) assert.equal(parseJob(jobId, data), undefined);
    for (const data of [
      { ...queued, kycId: 457 },
      { ...queued, id: randomUUID() },
    ]) {
      assert.equal(parseJob(jobId, data), undefined);
    }
    for (const id of [undefined, "", "1", "kyc-456"]) assert.equal(parseJob(id, queued), undefined);
    for (const text of [null, undefined, "{broken"]) assert.equal(parseJob(jobId, text), undefined);
  });

  test("a latest submission is read only if it belongs to its record", () => {
    assert.deepEqual(parseLatest(456, JSON.stringify(queued)), queued);
    assert.equal(parseLatest(457, JSON.stringify(queued)), undefined);
    for (const data of spoilt) assert.equal(parseLatest(456, JSON.stringify(data)), undefined);
    for (const text of [null, undefined, "{broken"]) assert.equal(parseLatest(456, text), undefined);
  });
});

test("two submissions have the same pictures if all their keys are equal; a stamp of null is a missing stamp", () => {
  const { stampKey: _, ...without } = SUBMISSION;
  assert.ok(hasSamePictures(SUBMISSION, { ...SUBMISSION }));
  assert.ok(hasSamePictures(without, { ...without, stampKey: null }));
  for (const key of KEYS) assert.ok(!hasSamePictures(SUBMISSION, { ...SUBMISSION, [key]: "other" }), key);
  assert.ok(!hasSamePictures(SUBMISSION, without));
});
