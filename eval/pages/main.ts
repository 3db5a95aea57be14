/**
 * `npm run eval -- pages`: how well the reader reads drawn passport pages, and what the rules make of its readings beside a
 * model that has both zones wrong alike. Exits with 1 where a line was wrong and sure, or a wrong value was confirmed. The
 * same seed and day give the same pages.
 */
import { parseArgs } from "node:util";
import { isCleanOfErrors, reportPages } from "./report-pages.ts";
import { runPages } from "./run-pages.ts";

/** Runs this part of the eval with the words behind `pages`. */
export async function evalPages(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      pages: { type: "string", default: "450" },
      negatives: { type: "string", default: "80" },
      seed: { type: "string", default: "1" },
    },
  });
  const summary = await runPages({
    pages: Number(values.pages),
    negatives: Number(values.negatives),
    seed: Number(values.seed),
    onProgress: (done, of) => process.stderr.write(`\r\u001b[KPage ${done} of ${of}`),
  });
  process.stderr.write("\r\u001b[K");
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1_024);
  process.stdout.write(`${reportPages(summary)}\n\nAt most ${megabytes} MB of memory, drawing included.\n`);
  process.exitCode = isCleanOfErrors(summary) ? 0 : 1;
}
