/**
 * `npm run eval`: how far the rules for passports can be trusted, over generated readings.
 *
 * Exits with 1 when a wrong value came out `confirmed` or a genuine passport was flagged. The same seed and day give the
 * same figures.
 */
import { parseArgs } from "node:util";
import { isClean, report } from "./report.ts";
import { runRulesEval } from "./run-rules.ts";

const { values } = parseArgs({
  options: {
    genuine: { type: "string", default: "12000" },
    readings: { type: "string", default: "24000" },
    seed: { type: "string", default: "1" },
    /** `YYYY-MM-DD`; today unless given. */
    today: { type: "string" },
  },
});

const readings = Number(values.readings);
const startedAt = performance.now();
const summary = runRulesEval(
  {
    genuine: Number(values.genuine),
    misread: readings,
    agreed: Math.ceil(readings / 4),
    seed: Number(values.seed),
    today: values.today === undefined ? new Date() : new Date(`${values.today}T12:00:00Z`),
  },
  (done) => process.stderr.write(`\r${Math.round(done * 100)} %`),
);
process.stderr.write("\r");
process.stdout.write(`${report(summary)}\n`);
process.stdout.write(`Seed ${values.seed}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
process.exitCode = isClean(summary) ? 0 : 1;
