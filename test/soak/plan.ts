/** Draws the submissions and the faults of a soak from a seed: the same seed gives the same plan. */
import { createRandom, type Random } from "../../dev/samples/random.ts";
import type { KindName } from "../stage/kinds.ts";

/** What happens to a record after a submission. */
export type Continuation =
  /** It gets its verdict. */
  | "verdict"
  /** It gets its verdict, and then a person decides. */
  | "decision"
  /** A person decides immediately, while its job may run. */
  | "decision at once"
  /** The next submission comes immediately, while its job may run. */
  | "overtaken";

/** One submission of a record. */
export interface PlannedRound {
  readonly kind: KindName;
  readonly person: number;
  /** Whether its pictures replace those of the previous submission, under the same keys. */
  readonly reusesKeys: boolean;
  /** How many equal requests are sent at once. */
  readonly times: number;
  readonly next: Continuation;
  readonly decision: "approved" | "rejected";
  /** The time until the person decides, or until the next submission. */
  readonly afterMs: number;
  /** The times after which an outbox repeats the request; in production these are minutes. */
  readonly repeatsMs: readonly number[];
  /** The value of `"reviewedAt"` when the backend reopens the record for the next submission. */
  readonly reviewedAt: "now()" | `"reviewedAt"` | "NULL";
}

/** A record and its submissions, one after the other. */
export interface PlannedRecord {
  readonly kycId: number;
  readonly rounds: readonly PlannedRound[];
}

/** A fault that is caused on purpose. */
export type Fault =
  | { readonly what: "worker killed" | "worker stopped"; readonly worker: number }
  | { readonly what: "worker frozen"; readonly worker: number; readonly forMs: number }
  | { readonly what: "Redis killed" | "PostgreSQL killed"; readonly forMs: number }
  | {
      readonly what: "Gemini fails" | "CompreFace fails" | "storage fails";
      readonly times: number;
      readonly how: number;
    };

/** Each kind has people of its own, so that the people in a call show its kind. */
const PEOPLE_OF_A_KIND = 20;

const KINDS: readonly KindName[] = [
  "match",
  "match",
  "match",
  "match",
  "stamped",
  "stamped",
  "mismatch",
  "noFace",
  "faceless",
  "licence",
  "missing",
  "text",
];

/** All kinds, each once. */
export const ALL_KINDS = [...new Set(KINDS)];

/** The people of a kind. The numbers are even, because the selfie of a mismatch shows the next person. */
export const peopleOf = (kind: KindName): readonly number[] =>
  Array.from({ length: PEOPLE_OF_A_KIND }, (_, index) => 2 * (1 + index + PEOPLE_OF_A_KIND * ALL_KINDS.indexOf(kind)));

const CONTINUATIONS: readonly Continuation[] = [
  "verdict",
  "verdict",
  "verdict",
  "decision",
  "decision",
  "decision at once",
  "overtaken",
  "overtaken",
];

/** Whether a kind has exactly a passport and a selfie. */
const isPlain = (kind: KindName | undefined) => kind !== undefined && kind !== "missing" && kind !== "stamped";

function drawRound(random: Random, before: PlannedRound | undefined): PlannedRound {
  const kind = random.pick(KINDS);
  return {
    kind,
    person: random.pick(peopleOf(kind)),
    reusesKeys: isPlain(kind) && isPlain(before?.kind) && random.onceIn(3),
    times: random.onceIn(10) ? 1 + random.below(4) : 1,
    next: random.pick(CONTINUATIONS),
    decision: random.pick(["approved", "rejected"]),
    afterMs: random.below(400),
    repeatsMs: Array.from({ length: random.onceIn(3) ? 1 + random.below(2) : 0 }, () => random.below(4_000)),
    reviewedAt: random.pick(["now()", `"reviewedAt"`, "NULL"]),
  };
}

/** Draws records with this many submissions in all. Half of the records have several. */
export function drawRecords(seed: number, submissions: number): PlannedRecord[] {
  const random = createRandom(seed);
  const records: PlannedRecord[] = [];
  for (let left = submissions; left > 0;) {
    const rounds = [drawRound(random, undefined)];
    while (rounds.length < Math.min(left, 5) && random.onceIn(2)) rounds.push(drawRound(random, rounds.at(-1)));
    left -= rounds.length;
    records.push({ kycId: records.length + 1, rounds });
  }
  return records;
}

/** Draws an endless series of faults. */
export function* drawFaults(seed: number, workers: number): Generator<Fault, never> {
  const random = createRandom(seed + 1);
  const worker = () => random.below(workers);
  const outage = () => 200 + random.below(3_000);
  const burst = () => ({ times: 1 + random.below(8), how: random.below(1_000) });
  for (;;) {
    const dice = random.below(20);
    if (dice < 8) yield { what: "worker killed", worker: worker() };
    else if (dice < 9) yield { what: "worker stopped", worker: worker() };
    else if (dice < 11) yield { what: "worker frozen", worker: worker(), forMs: 1_000 + random.below(3_000) };
    else if (dice < 13) yield { what: "Redis killed", forMs: outage() };
    else if (dice < 15) yield { what: "PostgreSQL killed", forMs: outage() };
    else if (dice < 18) yield { what: "Gemini fails", ...burst() };
    else if (dice < 19) yield { what: "CompreFace fails", ...burst() };
    else yield { what: "storage fails", ...burst() };
  }
}
