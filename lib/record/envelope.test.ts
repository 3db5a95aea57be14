/** The sealed result: its bytes, who else can open them, and what must not open. */
import assert from "node:assert/strict";
import { webcrypto } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import fc from "fast-check";
import * as z from "zod/mini";
import { createEnvelope, EnvelopeError, parseKeyring } from "./envelope.ts";

const vectorSchema = z.object({
  name: z.string(),
  keyId: z.number(),
  key: z.string(),
  kycId: z.number(),
  nonce: z.string(),
  plaintext: z.string(),
  sealed: z.string(),
});
const { vectors } = z
  .object({ vectors: z.array(vectorSchema) })
  .parse(JSON.parse(await readFile(join(import.meta.dirname, "../../docs/test-vectors.json"), "utf8")));

const OLD_KEY = { id: 1, key: Buffer.alloc(32, "old") };
const NEW_KEY = { id: 2, key: Buffer.alloc(32, "new") };
const RESULT = JSON.stringify({ version: 1, surname: "ҚОСЫМОВА" });
const KYC_ID = 456;
const OVERHEAD_BYTES = 2 + 12 + 16;

const kycIds = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });

describe("the published vectors", () => {
  test("the published vectors cover two key ids, an empty text, other scripts and the largest id", () => {
    assert.ok(new Set(vectors.map(({ keyId }) => keyId)).size > 1);
    assert.ok(vectors.some(({ plaintext }) => plaintext === ""));
    assert.ok(vectors.some(({ plaintext }) => /[^\p{ASCII}]/u.test(plaintext)));
    assert.ok(vectors.some(({ kycId }) => kycId === Number.MAX_SAFE_INTEGER));
  });

  for (const { name, keyId, key, kycId, nonce, plaintext, sealed } of vectors) {
    const envelope = () =>
      createEnvelope({ keys: parseKeyring(`${keyId}:${key}`), nonce: () => Buffer.from(nonce, "hex") });

    test(`the vector ${name} is sealed to exactly its bytes, and opened`, () => {
      assert.equal(envelope().seal(kycId, plaintext).toString("hex"), sealed);
      assert.equal(envelope().open(kycId, Buffer.from(sealed, "hex")), plaintext);
    });

    test(`the vector ${name} is opened by another implementation`, async () => {
      const bytes = Buffer.from(sealed, "hex");
      assert.deepEqual([...bytes.subarray(0, 2)], [1, keyId]);
      assert.equal(await openWithWebCrypto(bytes, Buffer.from(key, "base64"), kycId), plaintext);
    });
  }
});

/** As Dart's `cryptography` does it: the nonce, the ciphertext and the tag follow each other after two bytes. */
async function openWithWebCrypto(sealed: Uint8Array, rawKey: Uint8Array<ArrayBuffer>, kycId: number): Promise<string> {
  const key = await webcrypto.subtle.importKey("raw", rawKey, "AES-GCM", false, ["decrypt"]);
  const box = Uint8Array.from(sealed).subarray(2);
  const opened = await webcrypto.subtle.decrypt(
    {
      name: "AES-GCM",
      iv: box.subarray(0, 12),
      additionalData: new TextEncoder().encode(`kyc_verification:${kycId}`),
      tagLength: 128,
    },
    key,
    box.subarray(12),
  );
  return new TextDecoder("utf-8", { fatal: true }).decode(opened);
}

describe("sealing and opening", () => {
  const envelope = createEnvelope({ keys: [NEW_KEY, OLD_KEY] });

  test("any text of any record can be sealed and opened, and sealing adds a fixed number of bytes", () => {
    fc.assert(
      fc.property(kycIds, fc.string({ unit: "grapheme" }), (kycId, text) => {
        const sealed = envelope.seal(kycId, text);
        assert.equal(sealed.length, Buffer.byteLength(text) + OVERHEAD_BYTES);
        assert.equal(envelope.open(kycId, sealed), text);
      }),
    );
  });

  test("the same text twice shares no nonce and no byte pattern", () => {
    const nonces = Array.from({ length: 1_000 }, () => envelope.seal(KYC_ID, RESULT).subarray(2, 14).toString("hex"));
    assert.equal(new Set(nonces).size, nonces.length);
  });

  test("bytes that are a view into a larger buffer, and no Buffer, open too", () => {
    const sealed = envelope.seal(KYC_ID, RESULT);
    const larger = new Uint8Array(sealed.length + 20);
    larger.set(sealed, 7);
    assert.equal(envelope.open(KYC_ID, larger.subarray(7, 7 + sealed.length)), RESULT);
  });

  test("what is sealed for another purpose opens for that purpose alone", () => {
    const kept = envelope.seal(KYC_ID, RESULT, "kyc_paid:question");
    assert.equal(envelope.open(KYC_ID, kept, "kyc_paid:question"), RESULT);
    for (const open of [
      () => envelope.open(KYC_ID, kept),
      () => envelope.open(KYC_ID, kept, "kyc_paid:other"),
      () => envelope.open(KYC_ID, envelope.seal(KYC_ID, RESULT), "kyc_paid:question"),
    ]) {
      assert.throws(open, EnvelopeError);
    }
  });

  test("an envelope without a key cannot be made", () => {
    assert.throws(() => createEnvelope({ keys: [] }), /at least one key/);
  });
});

describe("what must not open", () => {
  const envelope = createEnvelope({ keys: [OLD_KEY, NEW_KEY] });
  const sealed = envelope.seal(KYC_ID, RESULT);

  /** Opening fails, and the error repeats nothing of what was sealed. */
  function assertClosed(bytes: Uint8Array, expected: RegExp, { kycId = KYC_ID, why = "damaged" } = {}): void {
    assert.throws(
      () => envelope.open(kycId, bytes),
      (error) => {
        assert.ok(error instanceof EnvelopeError);
        assert.equal(error.why, why);
        assert.match(error.message, expected);
        assert.doesNotMatch(error.message, /ҚОСЫМОВА|surname/);
        return true;
      },
    );
  }

  const flipped = (index: number, mask = 1) => {
    const bytes = Buffer.from(sealed);
    bytes[index] = (bytes[index] ?? 0) ^ mask;
    return bytes;
  };

  const regions = [
    { name: "the format", from: 0, to: 1, expected: /not a sealed result of format 1/ },
    { name: "the nonce", from: 2, to: 14, expected: /does not open/ },
    { name: "the ciphertext", from: 14, to: sealed.length - 16, expected: /does not open/ },
    { name: "the tag", from: sealed.length - 16, to: sealed.length, expected: /does not open/ },
  ];
  for (const { name, from, to, expected } of regions) {
    test(`an envelope does not open after a change of any bit of ${name}`, () => {
      for (let index = from; index < to; index++) {
        for (let bit = 0; bit < 8; bit++) assertClosed(flipped(index, 1 << bit), expected);
      }
    });
  }

  test("an envelope does not open under another key id, unknown or known", () => {
    assertClosed(flipped(1, 0x80), /Sealed with key 129, which is not in KYC_ENCRYPTION_KEYS/, { why: "unknown_key" });
    assertClosed(flipped(1, OLD_KEY.id ^ NEW_KEY.id), /Key 2 does not open/);
  });

  test("a result does not open in another person's row", () => {
    fc.assert(
      fc.property(
        kycIds.filter((id) => id !== KYC_ID),
        (kycId) => assertClosed(sealed, /sealed for another record/, { kycId }),
      ),
    );
  });

  test("no shorter and no longer sequence of bytes opens", () => {
    for (let length = 0; length < sealed.length; length++) {
      assertClosed(sealed.subarray(0, length), length < OVERHEAD_BYTES ? /not a sealed result/ : /does not open/);
    }
    assertClosed(Buffer.concat([sealed, Buffer.alloc(1)]), /does not open/);
  });

  test("no other bytes open", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        assert.throws(() => envelope.open(KYC_ID, bytes), EnvelopeError);
      }),
    );
  });
});

test("while keys are rotated, the new one seals and both open; without the old one, only what is new opens", () => {
  const before = createEnvelope({ keys: [OLD_KEY] });
  const during = createEnvelope({ keys: [NEW_KEY, OLD_KEY] });
  const after = createEnvelope({ keys: [NEW_KEY] });
  const old = before.seal(KYC_ID, RESULT);
  const fresh = during.seal(KYC_ID, RESULT);
  assert.equal(fresh[1], NEW_KEY.id);
  for (const sealed of [old, fresh]) assert.equal(during.open(KYC_ID, sealed), RESULT);
  assert.equal(after.open(KYC_ID, fresh), RESULT);
  assert.throws(() => after.open(KYC_ID, old), /Sealed with key 1, which is not in KYC_ENCRYPTION_KEYS/);
  assert.throws(() => before.open(KYC_ID, fresh), /Sealed with key 2/);
});

describe("KYC_ENCRYPTION_KEYS", () => {
  const key = Buffer.alloc(32, "key");
  const base64 = key.toString("base64");

  test("KYC_ENCRYPTION_KEYS is read in its order, with spaces around the entries", () => {
    const keys = parseKeyring(` 7:${base64} , 0:${base64},255:${base64}`);
    assert.deepEqual(
      keys.map(({ id }) => id),
      [7, 0, 255],
    );
    for (const entry of keys) assert.deepEqual(entry.key, key);
  });

  const faults: readonly [string, string, RegExp][] = [
    ["no id", base64, /entry 1 is not/],
    ["no key", "1:", /entry 1 is not/],
    ["an id above 255", `256:${base64}`, /entry 1 is not/],
    ["an id that is no number", `a:${base64}`, /entry 1 is not/],
    ["a negative id", `-1:${base64}`, /entry 1 is not/],
    ["a key of 31 bytes", `1:${Buffer.alloc(31).toString("base64")}`, /entry 1 is not/],
    ["a key of 33 bytes", `1:${Buffer.alloc(33).toString("base64")}`, /entry 1 is not/],
    ["a key in hexadecimal", `1:${Buffer.alloc(32).toString("hex")}`, /entry 1 is not/],
    ["a comma at the end", `1:${base64},`, /entry 2 is not/],
    ["a key of zeros", `1:${Buffer.alloc(32).toString("base64")}`, /entry 1 has a key of equal bytes/],
    ["a key of equal bytes", `1:${base64},2:${Buffer.alloc(32, "A").toString("base64")}`, /entry 2 has a key of equal/],
    ["the same id twice", `1:${base64},01:${base64}`, /two keys have the same id/],
  ];
  for (const [name, value, expected] of faults) {
    test(`KYC_ENCRYPTION_KEYS with ${name} is refused, and the key is not repeated`, () => {
      assert.throws(
        () => parseKeyring(value),
        (error) => error instanceof Error && expected.test(error.message) && !error.message.includes(base64),
      );
    });
  }
});
