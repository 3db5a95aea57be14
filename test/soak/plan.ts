/** What a soak submits, and what it breaks, drawn from a seed: the same seed gives the same plan. */
import { createRandom, type Random } from "../../dev/samples/random.ts";
import type { KindName } from "../stage/kinds.ts";

/** What happens to a record after a submission. */
export type Continuation =
  /** It comes to its verdict. */
  | "verdict"
  /** It comes to its verdict, and a person decides. */
  | "decision"
  /** A person decides at once, while its job may run. */
  | "decision at once"
  /** The next submission comes at once, while its job may run. */
  | "overtaken";

/** One submission of a record. */
export interface PlannedRound {
  readonly kind: KindName;
  readonly person: number;
  /** Whether its pictures replace those of the submission before, under the same keys. */
  readonly reusesKeys: boolean;
  /** How many equal requests come at once. */
  readonly times: number;
  readonly next: Continuation;
  readonly decision: "approved" | "rejected";
  /** How soon the person, or the next submission, comes. */
  readonly afterMs: number;
  /** How late the request is repeated once more, as an outbox does; minutes in life. */
  readonly repeatsMs: readonly number[];
  /** What the backend does with `"reviewedAt"` when it reopens the record for the next submission. */
  readonly reviewedAt: "now()" | `"reviewedAt"` | "NULL";
}

/** A record and its submissions, one after the other. */
export interface PlannedRecord {
  readonly kycId: number;
  readonly rounds: readonly PlannedRound[];
}

/** Something that is broken on purpose. */
export type Fault =
  | { readonly what: "worker killed" | "worker stopped"; readonly worker: number }
  | { readonly what: "worker frozen"; readonly worker: number; readonly forMs: number }
  | { readonly what: "Redis killed" | "PostgreSQL killed"; readonly forMs: number }
  | {
      readonly what: "Gemini fails" | "CompreFace fails" | "storage fails";
      readonly times: number;
      readonly how: number;
    };

/** Each kind has people of its own, so that calls can be told apart by the people in them. */
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

/** Even numbers: the selfie of a mismatch shows the next person. */
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

/** These have a passport and a selfie, and nothing else. */
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

/** Draws as many submissions as asked for: half of the records have several. */
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

/** Draws what to break next, for ever. */
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
