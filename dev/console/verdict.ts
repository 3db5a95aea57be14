/** What a result comes to, in a title and a colour: as the caller's guide reads it, and no better. No I/O. */
import { CHECK_NAMES, type Check } from "../../lib/checks.ts";
import type { Result } from "../stack/backend.ts";

/** The checks that the guide relies on, beside `stamp` where a stamp page was submitted. */
export const RELIED_ON = [
  "image_quality",
  "document_type",
  "mrz_check_digits",
  "second_reader",
  "printed_zone_against_mrz",
  "dates",
  "age",
  "face_match",
] as const satisfies readonly Check["name"][];

/** How it looks: green only where nobody has to look any more. */
export type Tone = "good" | "fair" | "bad";

/** A result, judged. */
export interface Verdict {
  readonly tone: Tone;
  readonly title: string;
  /** So short that it fits beside the record's name. */
  readonly short: string;
  /** Why it is not "Verified": the words of the checks that did not pass. */
  readonly why: readonly string[];
}

/**
 * Judges a result by the rule of `needsHuman` in docs/calling-from-serverpod.md: `ocr_complete` is not "approved", every
 * check that one relies on has to have passed. What was not done although it is relied on asks for a human too.
 */
export function verdictOf(result: Result | null): Verdict {
  if (result === null) return { tone: "fair", title: "No verdict", short: "no verdict", why: [] };
  if (result.status === "ocr_failed") return { tone: "bad", title: "Failed", short: result.failureCode, why: [] };
  const { checks, stamp } = result;
  const relied: readonly Check["name"][] = stamp === null ? RELIED_ON : [...RELIED_ON, "stamp"];
  const stateOf = (name: Check["name"]) => checks.find((check) => check.name === name)?.state ?? "not_executed";
  // A check that fails is told whether or not anybody relies on it.
  const failed = CHECK_NAMES.filter((name) => stateOf(name) === "failed");
  const doubtful = CHECK_NAMES.filter(
    (name) => stateOf(name) === "warning" || (stateOf(name) === "not_executed" && relied.includes(name)),
  );
  const why = [...failed, ...doubtful].map((name) => wordsOf(checks, name));
  const look = `a human has to look (${doubtful.join(", ")})`;
  if (failed.length > 0) {
    const title = `Read and compared, but failed: ${failed.join(", ")}`;
    return { tone: "bad", title: doubtful.length > 0 ? `${title}; ${look}` : title, short: "check failed", why };
  }
  if (doubtful.length > 0) return { tone: "fair", title: `Read and compared: ${look}`, short: "human look", why };
  return { tone: "good", title: "Verified", short: "verified", why };
}

function wordsOf(checks: readonly Check[], name: Check["name"]): string {
  const reasons = checks.find((check) => check.name === name)?.reasons ?? [];
  const told = reasons.map(({ field, message }) => (field === null ? message : `${field}: ${message}`));
  return `${name}: ${told.length === 0 ? "It was not done." : told.join(" ")}`;
}
