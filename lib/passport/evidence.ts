/**
 * Weighs what the printed zone and the readings of the MRZ say about one field.
 *
 * | state | means |
 * |---|---|
 * | `confirmed` | printed zone and MRZ, read apart, say the same, and every check digit over the value holds as read. No check digit covers names, states and sex: there it means that both zones agree and no reading dissents. |
 * | `checked` | a check holds but no second zone says the whole of it: check digits without a printed value; a printed name that a shortened MRZ cannot contradict; zones that agree on a repaired value; a disagreement that the second reading settled. |
 * | `single_source` | one zone only, and nothing to check it by. |
 * | `conflict` | zones disagree, or a check digit contradicts the value. |
 * | `missing` | nothing was read. |
 *
 * The same wrong value in both zones is `confirmed` where no check digit sees it: nothing on the page could tell.
 */

/** The states of a field, strongest first. */
export const FIELD_STATES = ["confirmed", "checked", "single_source", "conflict", "missing"] as const;
export type FieldState = (typeof FIELD_STATES)[number];

/** How the printed value and a value of the MRZ go together; `blind` when check digits support both alike. */
export type Agreement = "agrees" | "partly" | "blind" | "differs" | "incomparable";

/**
 * What a reading of the MRZ says about a field. Its own check digit and the composite one `hold` as read, only the
 * composite one fails, a repair made them hold, its own one fails, or it has `none`.
 */
export interface MrzEvidence {
  readonly value: string;
  readonly digits: "hold" | "composite_fails" | "repaired" | "fail" | "none";
}

/** All that was read about one field. */
export interface Evidence {
  /** Whether the printed zone says anything about it. */
  readonly printed: boolean;
  readonly first: MrzEvidence | null;
  readonly second: MrzEvidence | null;
  /** Holds the printed value against one of the MRZ. */
  readonly compare: (mrzValue: string) => Agreement;
}

/** What the evidence comes to. */
export interface Verdict {
  readonly state: FieldState;
  /** The best supported value is the printed one or that of one reading of the MRZ. */
  readonly best: "printed" | "first" | "second" | null;
  /** How the printed zone and the MRZ disagree, settled or not. */
  readonly disagreement: "blind" | "differs" | null;
  /** The printed zone and the best reading of the MRZ say the same. */
  readonly agreed: boolean;
}

/** A way to weigh evidence. */
export type Weigh = (evidence: Evidence) => Verdict;

const ALONE: Pick<Verdict, "disagreement" | "agreed"> = { disagreement: null, agreed: false };

/** Weighs a field that check digits cover. */
export function weighProtected(evidence: Evidence): Verdict {
  const { first, second } = evidence;
  if (first?.digits === "hold" && second?.digits === "hold" && first.value !== second.value) {
    return weighTwoThatHold(evidence, first, second);
  }
  if (first?.digits === "hold") return weighSound(evidence, "first", first, second);
  if (second?.digits === "hold") return weighSound(evidence, "second", second, first);
  return weighUnsound(evidence);
}

/** One reading of the MRZ holds as read; the other is missing, says the same, or does not hold. */
function weighSound(
  evidence: Evidence,
  best: "first" | "second",
  sound: MrzEvidence,
  other: MrzEvidence | null,
): Verdict {
  const agreement = agreementOf(evidence, sound.value);
  switch (agreement) {
    case "agrees": {
      // The other reading has a misread character somewhere, but perhaps not in this field.
      const dissents = other?.digits === "composite_fails" && other.value !== sound.value;
      return { state: dissents ? "checked" : "confirmed", best, disagreement: null, agreed: true };
    }
    case "partly":
      return { state: "checked", best, disagreement: null, agreed: true };
    case "incomparable":
      return { state: "checked", best, ...ALONE };
    case "differs": {
      // Two readings with check digits that exclude the printed value outweigh it, but do not make it agree.
      const state = other?.digits === "hold" ? "checked" : "conflict";
      return { state, best, disagreement: "differs", agreed: false };
    }
    case "blind":
      return { state: "conflict", best, disagreement: "blind", agreed: false };
  }
}

/** Two readings of the MRZ differ, and the check digits support both: only the printed zone can tell. */
function weighTwoThatHold(evidence: Evidence, first: MrzEvidence, second: MrzEvidence): Verdict {
  const withFirst = agreementOf(evidence, first.value) === "agrees";
  const withSecond = agreementOf(evidence, second.value) === "agrees";
  return {
    // Where the printed zone spoke for the first reading already, the second one raises a doubt that stays.
    state: withSecond ? "checked" : "conflict",
    best: withSecond ? "second" : "first",
    disagreement: "blind",
    agreed: withFirst || withSecond,
  };
}

const isDoubtful = (reading: MrzEvidence | null) =>
  reading?.digits === "composite_fails" || reading?.digits === "repaired";

/** No reading of the MRZ holds as read. */
function weighUnsound(evidence: Evidence): Verdict {
  const { first, second, printed } = evidence;
  const best = isDoubtful(first) || (first !== null && !isDoubtful(second)) ? "first" : "second";
  const reading = evidence[best];
  if (reading === null) {
    return { state: printed ? "single_source" : "missing", best: printed ? "printed" : null, ...ALONE };
  }
  const agreement = agreementOf(evidence, reading.value);
  const disagreement = agreement === "blind" || agreement === "differs" ? agreement : null;
  const agreed = agreement === "agrees" || agreement === "partly";
  if (!isDoubtful(reading)) return { state: "conflict", best: printed ? "printed" : best, disagreement, agreed };
  const state = agreed ? "checked" : disagreement === null ? "single_source" : "conflict";
  return { state, best, disagreement, agreed };
}

/** Weighs a field of the MRZ that no check digit covers: names, states, sex. */
export function weighUnprotected(evidence: Evidence): Verdict {
  const { first, second } = evidence;
  const reading = first ?? second;
  if (reading === null) {
    return {
      state: evidence.printed ? "single_source" : "missing",
      best: evidence.printed ? "printed" : null,
      ...ALONE,
    };
  }
  const best = first === null ? "second" : "first";
  const readAlike = first === null || second === null || first.value === second.value;
  const agreement = agreementOf(evidence, reading.value);
  if (agreement === "incomparable") {
    return { state: readAlike ? "single_source" : "conflict", best, ...ALONE };
  }
  const agreed = agreement === "agrees" || agreement === "partly";
  if (agreed && readAlike) {
    return { state: agreement === "agrees" ? "confirmed" : "checked", best, disagreement: null, agreed };
  }
  // The second reading may still side with the printed zone; it never makes a disagreement undone.
  const settled = !agreed && second !== null && ["agrees", "partly"].includes(agreementOf(evidence, second.value));
  if (settled) return { state: "checked", best: "second", disagreement: "differs", agreed: true };
  return { state: "conflict", best: agreed ? best : "printed", disagreement: "differs", agreed };
}

function agreementOf(evidence: Evidence, mrzValue: string): Agreement {
  return evidence.printed ? evidence.compare(mrzValue) : "incomparable";
}
