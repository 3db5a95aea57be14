/**
 * From a drawn page to the rules: the reader's own reading of the page, beside a model that has both zones wrong alike. It
 * shows what the second reader catches of what the model cannot see.
 */
import { assessPassport } from "../../lib/passport/assess.ts";
import { passportReadingSchema, type ReaderReading } from "../../lib/passport/reading.ts";
import type { PageRead } from "../../lib/reader/read-page.ts";
import { genuineReading, type SamplePassport } from "../../dev/samples/passports.ts";
import { createRandom } from "../../dev/samples/random.ts";
import { createIsWrong, judgeWrong, POLICY } from "../run-rules.ts";
import { IN_BOTH_ZONES } from "../wrong-kinds.ts";

/** What came of one kind of wrong reading on all pages. */
export interface PageRulesRow {
  readonly kind: string;
  drawn: number;
  /** Wrong values of which nothing is said, without the reader and beside it. */
  silentAlone: number;
  silentBeside: number;
  /** The same on pages of which the reader is sure of both lines. */
  drawnSure: number;
  silentSure: number;
  /** Wrong values that came out `confirmed`: must be none. */
  confirmed: number;
}

const asReader = ({ lines, reason }: PageRead): Exclude<ReaderReading, "off"> => {
  const [line1 = null, line2 = null] = (lines ?? []).map(({ text, sure }) => (sure ? text : null));
  return { line1, line2, reason };
};

/** Starts the counts. */
export function createPageRules(today: Date) {
  const rows = Object.keys(IN_BOTH_ZONES).map((kind): PageRulesRow => ({
    kind,
    drawn: 0,
    silentAlone: 0,
    silentBeside: 0,
    drawnSure: 0,
    silentSure: 0,
    confirmed: 0,
  }));
  return {
    rows: rows as readonly PageRulesRow[],

    /** Adds a page, as the reader read it, with every kind of wrong reading by the model. */
    add(passport: SamplePassport, read: PageRead): void {
      const reader = asReader(read);
      const isSure = reader.line1 !== null && reader.line2 !== null;
      const isWrong = createIsWrong(passport, today);
      for (const row of rows) {
        const edited = genuineReading(passport);
        const edit = IN_BOTH_ZONES[row.kind];
        if (edit?.(edited, passport, createRandom(passport.seed + row.drawn)) !== true) continue;
        const common = { reading: passportReadingSchema.parse(edited), today, policy: POLICY };
        const alone = judgeWrong(assessPassport(common), isWrong);
        const beside = judgeWrong(assessPassport({ ...common, reader }), isWrong);
        row.drawn++;
        row.silentAlone += Number(alone.isSilent);
        row.silentBeside += Number(beside.isSilent);
        row.drawnSure += Number(isSure);
        row.silentSure += Number(isSure && beside.isSilent);
        row.confirmed += Number(beside.isConfirmed);
      }
    },
  };
}
