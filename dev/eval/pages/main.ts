/**
 * `npm run eval -- pages`: how well the reader reads drawn passport pages. Exits with 1 where a line was wrong and sure. The
 * same seed gives the same pages.
 */
import { parseArgs } from "node:util";
import { isCleanOfErrors, reportPages } from "./report-pages.ts";
import { runPages } from "./run-pages.ts";

/** Runs this part of the eval with the words behind `pages`. */
export async function evalPages(words: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      pages: { type: "string", default: "448" },
      negatives: { type: "string", default: "80" },
      seed: { type: "string", default: "1" },
    },
  });
  const results = await runPages({
    pages: Number(values.pages),
    negatives: Number(values.negatives),
    seed: Number(values.seed),
    onProgress: (done, of) => process.stderr.write(`\r\u001b[KPage ${done} of ${of}`),
  });
  process.stderr.write("\r\u001b[K");
  const megabytes = Math.round(process.resourceUsage().maxRSS / 1_024);
  process.stdout.write(`${reportPages(results)}\n\nAt most ${megabytes} MB of memory, drawing included.\n`);
  process.exitCode = isCleanOfErrors(results) ? 0 : 1;
}
