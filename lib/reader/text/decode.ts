/**
 * Reads a row out of the network's output: exactly 44 characters, each from its field's alphabet.
 *
 * For every place and character it finds the best path of all 44 that has this character there (max-marginals of CTC), so
 * that each place has its alternatives, with what they cost against the best path: nats, differences of log probability.
 */
import { ALPHABET, type Grammar } from "./alphabet.ts";

/** The network's output: for each frame, the log probability of a blank and of each character. */
export interface Frames {
  readonly count: number;
  readonly logs: Float32Array;
}

/** Where the characters should be: the frame of the first one's middle, and frames a character. */
export interface Alignment {
  readonly start: number;
  readonly step: number;
}

/** A row's reading. */
export interface Decoded {
  /** For each place, what each character of the alphabet costs; 0 for the best one. */
  readonly costs: readonly Float32Array[];
  /** The frame of each place's best character. */
  readonly frames: Int16Array;
  /** What it costs to have exactly 44 characters from these alphabets, against any text at all. */
  readonly forced: number;
}

const SIZE = ALPHABET.length;
/** Values in a frame: a blank, and the alphabet. */
export const FRAME = SIZE + 1;
const NEVER = -1e9;
/** The cost of a frame with other print before or after the 44 characters, such as captions. */
const OUTSIDE = 0.7;
/** How far from its expected place a character may be, in characters. */
const BAND = 3;
/** A cost that says no more than "not this one". */
const MAX_COST = 15;

/** What both passes work on. It has one more frame after the last one, in which nothing is possible. */
interface Lattice {
  readonly count: number;
  readonly logs: Float32Array;
  readonly grammar: Grammar;
  /** What a frame costs before the first and after the last character. */
  readonly outside: Float32Array;
  /** The first and last place that may be at each frame. */
  readonly from: Int16Array;
  readonly to: Int16Array;
}

/** The scores of one pass. A frame's scores are one row further on than its number, since the rows at both ends stay empty. */
interface Pass {
  readonly character: Float32Array;
  readonly blank: Float32Array;
}

/** Decodes frames into a row of the grammar's length. */
export function decode(frames: Frames, grammar: Grammar, alignment: Alignment): Decoded {
  const lattice = latticeOf(frames, grammar, alignment);
  return marginals(frames, lattice, forward(lattice), backward(lattice));
}

function latticeOf(frames: Frames, grammar: Grammar, { start, step }: Alignment): Lattice {
  const { count } = frames;
  const logs = new Float32Array((count + 1) * FRAME).fill(NEVER);
  logs.set(frames.logs.subarray(0, count * FRAME));
  const outside = new Float32Array(count + 1).fill(NEVER);
  const from = new Int16Array(count);
  const to = new Int16Array(count);
  for (let frame = 0; frame < count; frame++) {
    const at = frame * FRAME;
    let best = NEVER;
    for (let index = 1; index < FRAME; index++) best = Math.max(best, logs[at + index] ?? NEVER);
    outside[frame] = Math.max(logs[at] ?? NEVER, best - OUTSIDE);
    const place = (frame - start) / step;
    from[frame] = Math.max(0, Math.min(grammar.length, Math.ceil(place - BAND)));
    to[frame] = Math.max(-1, Math.min(grammar.length - 1, Math.floor(place + BAND)));
  }
  return { count, logs, grammar, outside, from, to };
}

/** Memory of both passes, used again and again: a page takes a dozen of them, of a megabyte each. */
const memory = new Map<string, Float32Array>();

function emptied(name: string, length: number): Float32Array {
  const kept = memory.get(name);
  const array = kept?.length === length ? kept : new Float32Array(length);
  if (kept !== array) memory.set(name, array);
  return array.fill(NEVER);
}

const emptyPass = ({ count, grammar }: Lattice, name: string): Pass => ({
  character: emptied(`${name} character`, (count + 2) * grammar.length * SIZE),
  blank: emptied(`${name} blank`, (count + 2) * (grammar.length + 1)),
});

const blankScore = ({ logs, grammar, outside }: Lattice, frame: number, place: number): number =>
  (place === 0 || place === grammar.length ? outside[frame] : logs[frame * FRAME]) ?? NEVER;

/** From which place to which a frame's scores are worked out: its band, and one more to each side. */
const firstPlace = ({ from }: Lattice, frame: number) => Math.max(0, (from[frame] ?? 0) - 1);
const lastPlace = ({ grammar, to }: Lattice, frame: number) => Math.min(grammar.length, (to[frame] ?? 0) + 1);

/** The two best of a place's characters at a frame: the next character must differ, or follow a blank. */
interface Best {
  readonly index: number;
  readonly first: number;
  readonly second: number;
}

const NOWHERE: readonly number[] = [];
const ZEROS = new Float32Array(SIZE);

/** The best of the allowed characters by the sum of two scores. The arrays' places are those of the alphabet's first character. */
function bestOf(
  allowed: readonly number[],
  scores: Float32Array,
  scoresAt: number,
  logs: Float32Array,
  logsAt: number,
): Best {
  let [index, first, second] = [-1, NEVER, NEVER];
  for (const candidate of allowed) {
    const score = (scores[scoresAt + candidate] ?? NEVER) + (logs[logsAt + candidate] ?? NEVER);
    if (score > first) {
      second = first;
      first = score;
      index = candidate;
    } else if (score > second) second = score;
  }
  return { index, first, second };
}

/** Scores of all that came up to a frame, its own character included. */
function forward(lattice: Lattice): Pass {
  const { count, logs, grammar } = lattice;
  const places = grammar.length;
  const { character, blank } = emptyPass(lattice, "ahead");
  for (let frame = 0; frame < count; frame++) {
    const last = lastPlace(lattice, frame);
    for (let place = firstPlace(lattice, frame); place <= last; place++) {
      const stay = frame === 0 && place === 0 ? 0 : (blank[frame * (places + 1) + place] ?? NEVER);
      const before = (frame * places + place) * SIZE;
      const own = before + places * SIZE;
      const previous = bestOf(grammar[place - 1] ?? NOWHERE, character, before - SIZE, ZEROS, 0);
      blank[(frame + 1) * (places + 1) + place] = Math.max(stay, previous.first) + blankScore(lattice, frame, place);
      const changed = Math.max(stay, previous.first);
      for (const index of grammar[place] ?? NOWHERE) {
        const entered = index === previous.index ? Math.max(stay, previous.second) : changed;
        const score = Math.max(character[before + index] ?? NEVER, entered);
        character[own + index] = score + (logs[frame * FRAME + 1 + index] ?? NEVER);
      }
    }
  }
  return { character, blank };
}

/** Scores of all that comes after a frame, its own character left out. */
function backward(lattice: Lattice): Pass {
  const { count, logs, grammar } = lattice;
  const places = grammar.length;
  const { character, blank } = emptyPass(lattice, "behind");
  for (let frame = count - 1; frame >= 0; frame--) {
    const after = frame + 1;
    const logsAt = after * FRAME + 1;
    const last = lastPlace(lattice, frame);
    for (let place = firstPlace(lattice, frame); place <= last; place++) {
      const isEnd = after === count && place === places;
      const next = blank[(after + 1) * (places + 1) + place] ?? NEVER;
      const stay = isEnd ? 0 : next + blankScore(lattice, after, place);
      const behind = ((after + 1) * places + place) * SIZE;
      const own = behind - places * SIZE - SIZE;
      const following = bestOf(grammar[place] ?? NOWHERE, character, behind, logs, logsAt);
      const changed = Math.max(stay, following.first);
      blank[after * (places + 1) + place] = changed;
      for (const index of grammar[place - 1] ?? NOWHERE) {
        const left = index === following.index ? Math.max(stay, following.second) : changed;
        const same = (character[behind - SIZE + index] ?? NEVER) + (logs[logsAt + index] ?? NEVER);
        character[own + index] = Math.max(same, left);
      }
    }
  }
  return { character, blank };
}

function marginals(frames: Frames, { count, grammar, from, to }: Lattice, ahead: Pass, behind: Pass): Decoded {
  const places = grammar.length;
  const best = new Float32Array(places * SIZE).fill(NEVER);
  const when = new Int16Array(places * SIZE);
  for (let frame = 0; frame < count; frame++) {
    const last = to[frame] ?? -1;
    for (let place = from[frame] ?? 0; place <= last; place++) {
      const row = ((frame + 1) * places + place) * SIZE;
      for (const index of grammar[place] ?? NOWHERE) {
        const score = (ahead.character[row + index] ?? NEVER) + (behind.character[row + index] ?? NEVER);
        if (score <= (best[place * SIZE + index] ?? NEVER)) continue;
        best[place * SIZE + index] = score;
        when[place * SIZE + index] = frame;
      }
    }
  }
  const top = best.reduce((a, b) => Math.max(a, b), NEVER);
  const costs = grammar.map((_, place) =>
    best.slice(place * SIZE, (place + 1) * SIZE).map((score) => Math.min(MAX_COST, top - score)),
  );
  const chosen = costs.map((cost) => cheapest(cost));
  return {
    costs,
    frames: Int16Array.from(chosen, (index, place) => when[place * SIZE + index] ?? 0),
    forced: freeScore(frames) - top,
  };
}

/** The index of the least value. */
export const cheapest = (costs: Float32Array): number =>
  costs.indexOf(costs.reduce((a, b) => Math.min(a, b), Infinity));

/** The score of the best path of any text. */
function freeScore({ count, logs }: Frames): number {
  let score = 0;
  for (let frame = 0; frame < count; frame++) {
    let best = NEVER;
    for (let index = 0; index < FRAME; index++) best = Math.max(best, logs[frame * FRAME + index] ?? NEVER);
    score += best;
  }
  return score;
}

/** The means of several looks' costs, with the best at 0 again. */
export function average(looks: readonly Decoded[]): readonly Float32Array[] {
  return (looks[0]?.costs ?? []).map((_, place) => {
    const sums = new Float32Array(SIZE);
    for (const { costs } of looks)
      costs[place]?.forEach((cost, index) => (sums[index] = (sums[index] ?? 0) + cost / looks.length));
    const least = sums.reduce((a, b) => Math.min(a, b), Infinity);
    return sums.map((sum) => sum - least);
  });
}
