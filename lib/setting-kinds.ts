/** The kinds of values that a setting can have. Their errors describe a valid value and never repeat the wrong one. */
import * as z from "zod/mini";
import { parseKeyring } from "./record/envelope.ts";

/** A text that is not empty. `expected` describes a valid value. */
export const text = (expected: string) => z.string(expected).check(z.minLength(1, expected));

/**
 * A value that an HTTP header carries unchanged. With a space or a line break after the secret, no caller would be
 * accepted.
 */
export const headerValue = (expected: string) => {
  const rule = `${expected}, in printable ASCII without spaces around it`;
  return z.string(rule).check(z.regex(/^[!-~](?:[ -~]*[!-~])?$/, rule));
};

/** A URL with one of these protocols. */
export const url = (expected: string, ...protocols: string[]) =>
  z.string(expected).check(
    z.refine((value) => protocols.includes(URL.parse(value)?.protocol ?? ""), expected),
    z.trim(),
  );

/** A number with a default. */
export const numberBetween = (minimum: number, maximum: number, fallback: number, expected: string) =>
  z.pipe(
    z._default(z.string(), String(fallback)),
    z.pipe(
      z.transform((value: string) => (value.trim() === "" ? Number.NaN : Number(value))),
      z.number(expected).check(z.gte(minimum, expected), z.lte(maximum, expected)),
    ),
  );

/** A whole number with a default. */
export const integerBetween = (minimum: number, maximum: number, fallback: number) => {
  const expected = `a whole number from ${minimum} to ${maximum} (default ${fallback})`;
  return z.pipe(numberBetween(minimum, maximum, fallback, expected), z.number().check(z.int(expected)));
};

const PRICE = "the price of a million tokens, a number such as 0.50";

/** The encryption keys. */
export const keyring = z.pipe(
  z.string(
    '"id:base64key[,id:base64key]": ids from 0 to 255, keys of 32 bytes (make one with: openssl rand -base64 32)',
  ),
  z.transform((value, context) => {
    try {
      return parseKeyring(value);
    } catch (error) {
      context.issues.push({ code: "custom", message: error instanceof Error ? error.message : "", input: undefined });
      return z.NEVER;
    }
  }),
);

/** An optional price of a million tokens. */
export const price = z.optional(
  z.pipe(
    z.string(),
    z.pipe(
      z.transform((value: string) => (value.trim() === "" ? Number.NaN : Number(value))),
      z.number(PRICE).check(z.gte(0, PRICE)),
    ),
  ),
);
