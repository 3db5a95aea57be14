/**
 * The sealed result: AES-256-GCM in the form that Dart's `cryptography` opens with
 * `SecretBox.fromConcatenation(bytes.sublist(2), nonceLength: 12, macLength: 16)`.
 *
 * ```
 * 0x01 (format) | key id (1 byte) | nonce (12 bytes) | ciphertext | tag (16 bytes)
 * ```
 *
 * The associated data is the UTF-8 text `kyc_verification:{kycId}`, so that a result that was moved to another person's
 * row does not open. All other sealed data has another purpose in place of `kyc_verification`, so that neither opens as the
 * other.
 */
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const FORMAT = 0x01;
const HEADER_BYTES = 2;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;

/** Keys in the order of the configuration: the first seals, all open. */
export type Keyring = readonly { readonly id: number; readonly key: Buffer }[];

/** Thrown when bytes cannot be opened: sealed with an unknown key, or damaged, tampered with or no envelope at all. */
export class EnvelopeError extends Error {
  override readonly name = "EnvelopeError";
  readonly why: "unknown_key" | "damaged";

  constructor(why: EnvelopeError["why"], message: string) {
    super(message);
    this.why = why;
  }
}

/**
 * Reads `id:base64key[,id:base64key]`.
 *
 * @throws {Error} whose message describes a valid value and never repeats the wrong one.
 */
export function parseKeyring(value: string): Keyring {
  const keys = value.split(",").map((entry, index) => {
    const [, id, base64] = /^\s*(\d{1,3}):([A-Za-z0-9+/]{43}=)\s*$/.exec(entry) ?? [];
    if (id === undefined || base64 === undefined || Number(id) > 255) {
      throw new Error(
        `entry ${index + 1} is not "id:base64key" with an id from 0 to 255 and a key of 32 bytes (make one with: openssl rand -base64 32)`,
      );
    }
    const key = Buffer.from(base64, "base64").subarray(0, KEY_BYTES);
    if (key.every((byte) => byte === key[0])) {
      throw new Error(`entry ${index + 1} has a key of equal bytes: make a random one with: openssl rand -base64 32`);
    }
    return { id: Number(id), key };
  });
  if (new Set(keys.map(({ id }) => id)).size !== keys.length)
    throw new Error("two keys have the same id: give each its own");
  return keys;
}

/** The purpose of sealed results. */
const RESULT = "kyc_verification";

const associatedData = (purpose: string, kycId: number) => Buffer.from(`${purpose}:${kycId}`, "utf8");

/** Seals and opens the results of verifications. Only the test vectors inject a `nonce`. */
export function createEnvelope({
  keys,
  nonce = () => randomBytes(NONCE_BYTES),
}: {
  keys: Keyring;
  nonce?: () => Buffer;
}) {
  const [sealing] = keys;
  if (sealing === undefined) throw new Error("An envelope needs at least one key.");

  return {
    /** Seals a text for the row `kycId` under the first key. */
    seal(kycId: number, plaintext: string, purpose = RESULT): Buffer {
      const iv = nonce();
      const cipher = createCipheriv("aes-256-gcm", sealing.key, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(associatedData(purpose, kycId));
      const ciphertext = [cipher.update(plaintext, "utf8"), cipher.final()];
      return Buffer.concat([Buffer.from([FORMAT, sealing.id]), iv, ...ciphertext, cipher.getAuthTag()]);
    },

    /** Opens a text that was sealed for the row `kycId` and the same purpose. Throws {@link EnvelopeError}. */
    open(kycId: number, sealed: Uint8Array, purpose = RESULT): string {
      const bytes = Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength);
      if (bytes.length < HEADER_BYTES + NONCE_BYTES + TAG_BYTES || bytes[0] !== FORMAT) {
        throw new EnvelopeError("damaged", "These bytes are not a sealed result of format 1.");
      }
      const entry = keys.find(({ id }) => id === bytes[1]);
      if (entry === undefined) {
        throw new EnvelopeError(
          "unknown_key",
          `Sealed with key ${bytes[1]}, which is not in KYC_ENCRYPTION_KEYS: add it there.`,
        );
      }
      const iv = bytes.subarray(HEADER_BYTES, HEADER_BYTES + NONCE_BYTES);
      const decipher = createDecipheriv("aes-256-gcm", entry.key, iv, { authTagLength: TAG_BYTES });
      decipher.setAAD(associatedData(purpose, kycId));
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      try {
        const ciphertext = bytes.subarray(HEADER_BYTES + NONCE_BYTES, -TAG_BYTES);
        return decipher.update(ciphertext, undefined, "utf8") + decipher.final("utf8");
      } catch {
        throw new EnvelopeError(
          "damaged",
          `Key ${entry.id} does not open this result for record ${kycId}: it was sealed for another record, with another key, or changed.`,
        );
      }
    },
  };
}

export type Envelope = ReturnType<typeof createEnvelope>;
