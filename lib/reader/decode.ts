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
/** What it costs, a frame, that before and after the 44 characters something else stands: captions, or what lies under the page. */
const OUTSIDE = 0.7;
/** How far from its expected place a character may be, in characters. */
const BAND = 3;
/** A cost that says no more than "not this one". */
const MAX_COST = 15;

interface Lattice {
  readonly frames: Frames;
  readonly grammar: Grammar;
  /** What a frame costs before the first and after the last character. */
  readonly outside: Float32Array;
  /** The first and last place that may be at each frame. */
  readonly from: Int16Array;
  readonly to: Int16Array;
}

interface Pass {
  /** The best path's score with place p's character c at frame t. */
  readonly character: Float32Array;
  /** The same with a blank after p characters. */
  readonly blank: Float32Array;
}

/** Decodes frames into a row of the grammar's length. */
export function decode(frames: Frames, grammar: Grammar, alignment: Alignment): Decoded {
  const lattice = latticeOf(frames, grammar, alignment);
  return marginals(lattice, forward(lattice), backward(lattice));
}

function latticeOf(frames: Frames, grammar: Grammar, { start, step }: Alignment): Lattice {
  const outside = new Float32Array(frames.count);
  const from = new Int16Array(frames.count);
  const to = new Int16Array(frames.count);
  for (let frame = 0; frame < frames.count; frame++) {
    const at = frame * FRAME;
    let best = NEVER;
    for (let index = 1; index < FRAME; index++) best = Math.max(best, frames.logs[at + index] ?? NEVER);
    outside[frame] = Math.max(frames.logs[at] ?? NEVER, best - OUTSIDE);
    const place = (frame - start) / step;
    from[frame] = Math.max(0, Math.min(grammar.length, Math.ceil(place - BAND)));
    to[frame] = Math.max(-1, Math.min(grammar.length - 1, Math.floor(place + BAND)));
  }
  return { frames, grammar, outside, from, to };
}

/** Memory of both passes, used again and again: a page takes a dozen of them, of a megabyte each. */
const memory = new Map<string, Float32Array>();

function emptied(name: string, length: number): Float32Array {
  const kept = memory.get(name);
  const array = kept?.length === length ? kept : new Float32Array(length);
  if (kept !== array) memory.set(name, array);
  return array.fill(NEVER);
}

const emptyPass = ({ frames, grammar }: Lattice, name: string): Pass => ({
  character: emptied(`${name} character`, frames.count * grammar.length * SIZE),
  blank: emptied(`${name} blank`, frames.count * (grammar.length + 1)),
});

/** A score; before the first and after the last frame there is no score. */
const scoreAt = (scores: Float32Array, at: number): number => scores[at] ?? NEVER;

const blankScore = ({ frames, grammar, outside }: Lattice, frame: number, place: number): number =>
  place === 0 || place === grammar.length ? scoreAt(outside, frame) : scoreAt(frames.logs, frame * FRAME);

const characterScore = ({ frames }: Lattice, frame: number, index: number): number =>
  scoreAt(frames.logs, frame * FRAME + 1 + index);

/** From which place to which a frame's scores are worked out: its band, and one more to each side. */
const placesAt = ({ grammar, from, to }: Lattice, frame: number): readonly [number, number] => [
  Math.max(0, (from[frame] ?? 0) - 1),
  Math.min(grammar.length, (to[frame] ?? 0) + 1),
];

/** The two best of a place's characters at a frame: the next character must be another one, or stand behind a blank. */
interface Best {
  index: number;
  first: number;
  second: number;
}

const NOTHING: Best = { index: -1, first: NEVER, second: NEVER };

function bestOf(allowed: readonly number[], scoreOf: (index: number) => number): Best {
  const best = { ...NOTHING };
  for (const index of allowed) {
    const score = scoreOf(index);
    if (score > best.first) {
      best.second = best.first;
      best.first = score;
      best.index = index;
    } else if (score > best.second) best.second = score;
  }
  return best;
}

/** Scores of all that came up to a frame, its own character included. */
function forward(lattice: Lattice): Pass {
  const { frames, grammar } = lattice;
  const places = grammar.length;
  const { character, blank } = emptyPass(lattice, "ahead");
  for (let frame = 0; frame < frames.count; frame++) {
    const [first, last] = placesAt(lattice, frame);
    for (let place = first; place <= last; place++) {
      const stay = frame === 0 && place === 0 ? 0 : scoreAt(blank, (frame - 1) * (places + 1) + place);
      const own = ((frame - 1) * places + place) * SIZE;
      const previous = bestOf(grammar[place - 1] ?? [], (index) => scoreAt(character, own - SIZE + index));
      blank[frame * (places + 1) + place] = Math.max(stay, previous.first) + blankScore(lattice, frame, place);
      for (const index of grammar[place] ?? []) {
        const other = index === previous.index ? previous.second : previous.first;
        const score = Math.max(scoreAt(character, own + index), stay, other);
        character[(frame * places + place) * SIZE + index] = score + characterScore(lattice, frame, index);
      }
    }
  }
  return { character, blank };
}

/** Scores of all that comes after a frame, its own character left out. */
function backward(lattice: Lattice): Pass {
  const { frames, grammar } = lattice;
  const places = grammar.length;
  const { character, blank } = emptyPass(lattice, "behind");
  for (let frame = frames.count - 1; frame >= 0; frame--) {
    const after = frame + 1;
    const [first, last] = placesAt(lattice, frame);
    for (let place = first; place <= last; place++) {
      const isEnd = after === frames.count && place === places;
      const stay = isEnd ? 0 : scoreAt(blank, after * (places + 1) + place) + blankScore(lattice, after, place);
      const own = (after * places + place) * SIZE;
      const following = bestOf(
        grammar[place] ?? [],
        (index) => scoreAt(character, own + index) + characterScore(lattice, after, index),
      );
      blank[frame * (places + 1) + place] = Math.max(stay, following.first);
      for (const index of grammar[place - 1] ?? []) {
        const other = index === following.index ? following.second : following.first;
        const same = scoreAt(character, own - SIZE + index) + characterScore(lattice, after, index);
        character[(frame * places + place - 1) * SIZE + index] = Math.max(same, stay, other);
      }
    }
  }
  return { character, blank };
}

function marginals(lattice: Lattice, ahead: Pass, behind: Pass): Decoded {
  const { frames, grammar } = lattice;
  const places = grammar.length;
  const best = new Float32Array(places * SIZE).fill(NEVER);
  const when = new Int16Array(places * SIZE);
  for (let frame = 0; frame < frames.count; frame++)
    for (let place = lattice.from[frame] ?? 0; place <= (lattice.to[frame] ?? -1); place++)
      for (const index of grammar[place] ?? []) {
        const at = (frame * places + place) * SIZE + index;
        const score = (ahead.character[at] ?? NEVER) + (behind.character[at] ?? NEVER);
        if (score <= (best[place * SIZE + index] ?? NEVER)) continue;
        best[place * SIZE + index] = score;
        when[place * SIZE + index] = frame;
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
