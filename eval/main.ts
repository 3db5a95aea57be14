/**
 * `npm run eval`: how far the rules for passports can be trusted, over generated readings. With GEMINI_API_KEY in the
 * environment or in `.env`, also how well the configured model reads drawn passports; `--pictures 0` leaves that out.
 *
 * Exits with 1 when a wrong value came out `confirmed` or a genuine passport was flagged. The same seed and day give the
 * same figures for the rules.
 *
 * `npm run eval -- pages` measures the reader of the machine readable zone instead.
 */
import { parseArgs } from "node:util";
import { evalPages } from "./pages/main.ts";
import type { PictureEvent } from "./read-pictures.ts";
import { isClean, report } from "./report.ts";
import { canReadPictures, PICTURES_BY_DEFAULT, runPictures } from "./run-pictures.ts";
import { runRulesEval } from "./run-rules.ts";

const [part, ...words] = process.argv.slice(2);
const isPages = part === "pages";

const { values } = parseArgs({
  args: isPages ? [] : process.argv.slice(2),
  options: {
    /** Ordinary genuine readings. */
    genuine: { type: "string", default: "8000" },
    /** Of each other kind of genuine and of wrong reading. */
    kinds: { type: "string", default: "400" },
    seed: { type: "string", default: "1" },
    /** `YYYY-MM-DD`; today unless given. */
    today: { type: "string" },
    /** How many drawn passports the model is sent: one of each state unless given. */
    pictures: { type: "string" },
  },
});

const show = (progress: string) => process.stderr.write(`\r\u001b[K${progress}`);

function runRules(): void {
  const startedAt = performance.now();
  const size = {
    ordinary: Number(values.genuine),
    ofEachKind: Number(values.kinds),
    seed: Number(values.seed),
    today: values.today === undefined ? new Date() : new Date(`${values.today}T12:00:00Z`),
  };
  const summary = runRulesEval(size, show);
  show("");
  process.stdout.write(`${report(summary)}\n`);
  process.stdout.write(`Seed ${values.seed}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`);
  process.exitCode = isClean(summary) ? 0 : 1;
}

const describe = (event: PictureEvent) =>
  event.kind === "read"
    ? `Picture ${event.done} of ${event.of}`
    : `The model asks to wait ${Math.ceil(event.durationMs / 1000)} s`;

async function readDrawnPassports(): Promise<void> {
  const environment = process.env;
  const count = values.pictures === undefined ? PICTURES_BY_DEFAULT : Number(values.pictures);
  if (count === 0) return;
  if (!canReadPictures(environment)) {
    process.stdout.write("\nNo pictures were read: GEMINI_API_KEY is not set.\n");
    if (values.pictures !== undefined) process.exitCode = 1;
    return;
  }
  const onEvent = (event: PictureEvent) => show(describe(event));
  const text = await runPictures({ environment, count, seed: Number(values.seed), onEvent });
  show("");
  process.stdout.write(`\n${text}\n`);
}

if (isPages) await evalPages(words);
else {
  runRules();
  await readDrawnPassports();
}
