/** Counts paid calls while a soak runs, because the stand-ins drop old calls from their logs. */
import type { LoggedCall } from "../../dev/stand-ins/log.ts";
import type { KindName } from "../stage/kinds.ts";
import type { Prepared, Stage } from "../stage/stage.ts";

/** Calls with the same question about the same people, by outcome. */
interface CallCount {
  /** Answered without a fault: a provider charges for these. */
  answered: number;
  /** The caller disconnected before the answer: a provider may charge for these. */
  cutOff: number;
  /** Answered with a scripted fault. */
  failed: number;
}

/** The numbers of calls to providers. */
export interface CallFigures {
  readonly answered: number;
  /** Calls for a question that was already paid for the same record. */
  readonly paidTwice: number;
  readonly cutOff: number;
  readonly failed: number;
}

/** The paid questions of a verdict. */
const QUESTIONS: Readonly<Record<KindName, readonly ("passport" | "stamp")[]>> = {
  match: ["passport"],
  stamped: ["passport", "stamp"],
  mismatch: ["passport"],
  noFace: ["passport"],
  faceless: ["passport"],
  licence: ["passport"],
  missing: [],
  text: [],
};

const keyOf = (question: string, people: readonly number[]) => `${question} ${Math.min(...people)}`;

/** Creates the count. */
export function createCallCount({ gemini }: Pick<Stage, "gemini">) {
  const seen = new WeakSet<LoggedCall>();
  const counts = new Map<string, CallCount>();

  function count(call: LoggedCall): void {
    const { kind, numbers, outcome, status, fault } = call;
    if (kind === "page" || kind === "probe" || kind === "other" || outcome === "open" || seen.has(call)) return;
    seen.add(call);
    const key = keyOf(kind, numbers);
    const entry = counts.get(key) ?? { answered: 0, cutOff: 0, failed: 0 };
    counts.set(key, entry);
    if (fault !== null) entry.failed++;
    else if (outcome === "aborted" || status === null) entry.cutOff++;
    else entry.answered++;
  }

  const sum = (of: (entry: CallCount) => number) => [...counts.values()].reduce((total, entry) => total + of(entry), 0);

  return {
    /** Counts the calls that ended since the last update. */
    update(): void {
      for (const call of gemini.requests) count(call);
    },

    /** Compares the calls with the number that these pictures need if each is read once for its record. */
    figures(pictures: readonly Prepared[]): CallFigures {
      const needed = new Map<string, number>();
      for (const { kind, person } of pictures) {
        for (const question of QUESTIONS[kind]) {
          const key = keyOf(question, [person]);
          needed.set(key, (needed.get(key) ?? 0) + 1);
        }
      }
      const beyond = [...counts].map(([key, { answered }]) => Math.max(0, answered - (needed.get(key) ?? answered)));
      return {
        answered: sum(({ answered }) => answered),
        paidTwice: beyond.reduce((total, times) => total + times, 0),
        cutOff: sum(({ cutOff }) => cutOff),
        failed: sum(({ failed }) => failed),
      };
    },
  };
}
