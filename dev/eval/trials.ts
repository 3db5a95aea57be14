/** The trials of the eval: genuine readings, readings with misreadings, and every blind swap there is. */
import { FIELDS_IN_BOTH_ZONES } from "../../lib/passport/assessment.ts";
import { assessPassport, type Assessment, type AssessmentPolicy } from "../../lib/passport/assess.ts";
import type { MrzReading, PassportReading, PrintedFieldName } from "../../lib/passport/reading.ts";
import { checkDigit } from "../samples/mrz-lines.ts";
import { genuineReading, type SamplePassport, samplePassport } from "../samples/passports.ts";
import { createRandom, type Random } from "../samples/random.ts";
import { type Misreading, misreadFillers, misreadMrz, misreadPrinted } from "./inject.ts";
import { BLIND_PAIRS } from "./misreadings.ts";

/** One reading of one passport, what is wrong with it, and what the rules make of it. */
export interface Trial {
  readonly passport: SamplePassport;
  readonly reading: PassportReading;
  readonly misreadings: readonly Misreading[];
  /** What the second reading of the MRZ was, where there was one. */
  readonly second: "none" | "true" | "same_as_first" | "misread";
  /** Fields that the second reading has wrong too. */
  readonly secondWrong: readonly Misreading[];
  readonly assessment: Assessment;
}

/** What an operator might set. */
export const POLICY: AssessmentPolicy = { minimumAgeYears: 18, expiresSoonDays: 180, allowSpecimen: false };

const trueMrz = (passport: SamplePassport): MrzReading => ({
  line1: passport.mrz[0],
  line2: passport.mrz[1],
  unreadable: null,
});

/** A genuine reading: now and then in lower case, with spaces or guillemets, or with a second reading that agrees. */
export function genuineTrial(seed: number, today: Date): Trial {
  const passport = samplePassport(seed, today);
  const reading = genuineReading(passport);
  const random = createRandom(seed + 1_000_000_000);
  const form = random.below(6);
  const reshape = (line: string | null) =>
    line === null || form > 2
      ? line
      : form === 0
        ? line.toLowerCase()
        : form === 1
          ? line.replaceAll("<<", "«<")
          : `${line.slice(0, 20)} ${line.slice(20)}`;
  reading.mrz = { ...reading.mrz, line1: reshape(reading.mrz.line1), line2: reshape(reading.mrz.line2) };
  const second = random.onceIn(4) ? "true" : "none";
  const secondMrz = second === "true" ? trueMrz(passport) : undefined;
  const assessment = assessPassport({ reading, secondMrz, today, policy: POLICY });
  return { passport, reading, misreadings: [], second, secondWrong: [], assessment };
}

function injectOne(
  reading: PassportReading,
  passport: SamplePassport,
  target: PrintedFieldName,
  random: Random,
): Misreading | null {
  if (random.onceIn(12)) return misreadFillers(reading.mrz, random);
  if (random.onceIn(2)) return misreadMrz(reading.mrz, target, random);
  const zone = random.pick(["printed", "printed", "printed", "value_only", "printed_only"] as const);
  return misreadPrinted(reading, passport, target, zone, random);
}

/** A reading with one or two misreadings, with or without a second reading of the MRZ. */
export function misreadTrial(seed: number, today: Date): Trial {
  const passport = samplePassport(seed, today);
  const reading = genuineReading(passport);
  const random = createRandom(seed + 2_000_000_000);
  const target = random.pick(FIELDS_IN_BOTH_ZONES);
  const misreadings: Misreading[] = [];
  const wanted = random.onceIn(2) ? 1 : 2;
  for (let tries = 0; misreadings.length < wanted && tries < 20; tries++) {
    // Every other time both hit the same field, which is where they can agree.
    const again = misreadings.length === 0 || random.onceIn(2) ? target : random.pick(FIELDS_IN_BOTH_ZONES);
    const found = injectOne(reading, passport, again, random);
    if (found !== null) misreadings.push(found);
  }
  const { second, secondMrz, secondWrong } = drawSecond(passport, reading, target, random);
  const assessment = assessPassport({ reading, secondMrz, today, policy: POLICY });
  return { passport, reading, misreadings, second, secondWrong, assessment };
}

function drawSecond(passport: SamplePassport, reading: PassportReading, target: PrintedFieldName, random: Random) {
  const drawn = random.below(6);
  if (drawn < 3) return { second: "none", secondMrz: undefined, secondWrong: [] } as const;
  if (drawn === 3) return { second: "true", secondMrz: trueMrz(passport), secondWrong: [] } as const;
  if (drawn === 4) return { second: "same_as_first", secondMrz: { ...reading.mrz }, secondWrong: [] } as const;
  const secondMrz = trueMrz(passport);
  const wrong = misreadMrz(secondMrz, target, random);
  return { second: "misread", secondMrz, secondWrong: wrong === null ? [] : [wrong] } as const;
}

/** The same passport with another document number, its check digits right. */
function renumber(passport: SamplePassport, number: string): SamplePassport {
  const field = number.padEnd(9, "<");
  const line2 = field + checkDigit(field) + passport.mrz[1].slice(10, 43);
  const composite = checkDigit(line2.slice(0, 10) + line2.slice(13, 20) + line2.slice(21, 43));
  const printed = { ...passport.printed, documentNumber: number };
  return { ...passport, documentNumber: number, printed, mrz: [passport.mrz[0], line2 + composite] };
}

/** A number with the character in the place; a filler only behind the number's last letter or digit. */
function numberWith(character: string, place: number): string {
  const digits = "472913586";
  return character === "<" ? digits.slice(0, place) : digits.slice(0, place) + character + digits.slice(place + 1);
}

/** Every blind swap in every place of a document number, in either zone. */
export function* blindSwapTrials(today: Date): Generator<Trial> {
  let seed = 0;
  for (const [from, to] of BLIND_PAIRS) {
    for (let place = from === "<" ? 5 : 0; place < 9; place++) {
      for (const zone of ["printed", "mrz"] as const) {
        const passport = renumber(samplePassport(seed++, today), numberWith(from, place));
        yield blindSwapTrial(passport, { to, place, zone }, today);
      }
    }
  }
}

function blindSwapTrial(
  passport: SamplePassport,
  { to, place, zone }: { to: string; place: number; zone: "printed" | "mrz" },
  today: Date,
): Trial {
  const reading = genuineReading(passport);
  const swap = (text: string) => text.slice(0, place) + to + text.slice(place + 1);
  if (zone === "mrz") reading.mrz.line2 = swap(passport.mrz[1]);
  else {
    const wrong = swap(passport.documentNumber.padEnd(9, "<")).replaceAll("<", "");
    reading.fields.documentNumber = { printed: wrong, value: wrong, unreadable: null };
  }
  const misreadings: Misreading[] = [{ kind: "blind_swap", zone, target: "documentNumber" }];
  const assessment = assessPassport({ reading, today, policy: POLICY });
  return { passport, reading, misreadings, second: "none", secondWrong: [], assessment };
}
