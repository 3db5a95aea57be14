/** The prompts match the form of the answers. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { DOCUMENT_KINDS, passportReadingSchema, QUALITY_ISSUES, UNREADABLE_REASONS } from "../../passport/reading.ts";
import { OCR_PROMPT } from "./prompts.ts";

const asked = (word: string) => new RegExp(`\\b${word}\\b`).test(OCR_PROMPT);

test("the prompt names every field, kind, quality and reason of the answer's form", () => {
  const { fields, ...top } = passportReadingSchema.shape;
  const words = [...Object.keys(fields.shape), ...Object.keys(top), ...DOCUMENT_KINDS, ...QUALITY_ISSUES];
  for (const word of [...words, ...UNREADABLE_REASONS]) assert.ok(asked(word), word);
});
