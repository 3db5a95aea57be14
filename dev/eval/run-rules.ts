/** Runs the rules over generated readings and counts what came out wrong. */
import { PASSPORT_FIELDS } from "../../lib/passport/assessment.ts";
import type { FieldState } from "../../lib/passport/evidence.ts";
import type { PrintedFieldName } from "../../lib/passport/reading.ts";
import { judgeGenuine, judgeMisread, type Violation } from "./judge.ts";
import { type KindsSummary, runKinds } from "./run-kinds.ts";
import { blindSwapTrials, genuineTrial, misreadTrial, type Trial } from "./trials.ts";

/** How much to run. */
export interface EvalSize {
  readonly genuine: number;
  readonly misread: number;
  /** Readings of each kind. */
  readonly ofEachKind: number;
  readonly seed: number;
  readonly today: Date;
}

type States = Partial<Record<FieldState, number>>;

/** Readings with a misreading of one kind in one field, and how many of them came out `confirmed` and wrong. */
export interface Cell {
  readings: number;
  wrongConfirmed: number;
}

/** The outcome of an eval. */
export interface EvalSummary {
  readonly genuineReadings: number;
  readonly genuineStates: ReadonlyMap<PrintedFieldName, States>;
  readonly misreadReadings: number;
  readonly blindSwaps: number;
  /** By kind and zone, then by field. */
  readonly cells: ReadonlyMap<string, ReadonlyMap<string, Cell>>;
  /** States of misread fields, by zone. */
  readonly misreadStates: ReadonlyMap<string, States>;
  readonly wrongConfirmed: readonly Violation[];
  readonly agreedByChance: readonly Violation[];
  readonly flagged: readonly Violation[];
  readonly kinds: KindsSummary;
}

function getOrAdd<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

const count = (states: States, state: FieldState) => {
  states[state] = (states[state] ?? 0) + 1;
};

function createTally() {
  const genuineStates = new Map<PrintedFieldName, States>();
  const cells = new Map<string, Map<string, Cell>>();
  const misreadStates = new Map<string, States>();
  const wrongConfirmed: Violation[] = [];
  const agreedByChance: Violation[] = [];
  const flagged: Violation[] = [];

  function addMisread(trial: Trial): void {
    const findings = judgeMisread(trial);
    wrongConfirmed.push(...findings.wrongConfirmed);
    agreedByChance.push(...findings.agreedWrong);
    for (const { kind, zone, target } of trial.misreadings) {
      const row = getOrAdd(cells, `${kind} in ${zone}`, () => new Map<string, Cell>());
      const cell = getOrAdd(row, target, () => ({ readings: 0, wrongConfirmed: 0 }));
      cell.readings++;
      cell.wrongConfirmed += findings.wrongConfirmed.some(({ field }) => field === target) ? 1 : 0;
      if (target === "line1" || target === "line2") continue;
      count(
        getOrAdd(misreadStates, zone, () => ({})),
        trial.assessment.fields[target].state,
      );
    }
  }

  function addGenuine(trial: Trial): void {
    const findings = judgeGenuine(trial);
    wrongConfirmed.push(...findings.wrongConfirmed);
    flagged.push(...findings.flagged);
    for (const field of PASSPORT_FIELDS) {
      count(
        getOrAdd(genuineStates, field, () => ({})),
        trial.assessment.fields[field].state,
      );
    }
  }

  return {
    addMisread,
    addGenuine,
    results: { genuineStates, cells, misreadStates, wrongConfirmed, agreedByChance, flagged },
  };
}

/** How often progress is reported. */
const PROGRESS_STEPS = 20;

/** Runs the whole eval. `onProgress` gets the share that is done, from 0 to 1. */
export function runRulesEval(size: EvalSize, onProgress: (done: number) => void = () => {}): EvalSummary {
  const tally = createTally();
  const total = size.genuine + size.misread;
  const step = Math.max(1, Math.floor(total / PROGRESS_STEPS));
  let done = 0;
  const advance = () => {
    if (++done % step === 0) onProgress(done / total);
  };

  for (let index = 0; index < size.genuine; index++) {
    tally.addGenuine(genuineTrial(size.seed + index, size.today));
    advance();
  }
  for (let index = 0; index < size.misread; index++) {
    tally.addMisread(misreadTrial(size.seed + index, size.today));
    advance();
  }
  let blindSwaps = 0;
  for (const trial of blindSwapTrials(size.today)) {
    tally.addMisread(trial);
    blindSwaps++;
  }
  const kinds = runKinds(size.ofEachKind, size.today);
  return { genuineReadings: size.genuine, misreadReadings: size.misread, blindSwaps, kinds, ...tally.results };
}
