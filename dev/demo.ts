/**
 * `npm run demo`: starts everything that is not configured, runs the sample cases through the HTTP API, and prints how each
 * ended, with two results explained (with `--json`, one in full). Exits with 0 only if every case ended as it should.
 */
import { parseArgs } from "node:util";
import { explain } from "../cli/explain.ts";
import { createBackend } from "./stack/backend.ts";
import { readEnvironment } from "./stack/environment.ts";
import { runCase, whyNotRunnable, type CaseOutcome } from "./stack/run-case.ts";
import { SAMPLE_CASES } from "./samples/cases.ts";
import { startStack } from "./stack/stack.ts";
import { formatTable } from "./stack/table.ts";

const flag = { type: "boolean", default: false } as const;
const { values: options } = parseArgs({ options: { logs: flag, json: flag } });
const startedAt = performance.now();
const say = (line: string) => console.log(`${seconds(performance.now() - startedAt)}  ${line}`);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1).padStart(5)} s`;

const isWithStamp = ({ result }: CaseOutcome) => result?.status === "ocr_complete" && result.stamp !== null;

/** Whose results are explained: the fullest, and the first failure. */
const EXPLAINED = [isWithStamp, ({ result }: CaseOutcome) => result?.status === "ocr_failed"] as const;

process.exitCode = (await main()) ? 0 : 1;

async function main(): Promise<boolean> {
  await using stack = await startStack({
    environment: readEnvironment(),
    progress: say,
    log: (source, line) => {
      if (options.logs) console.log(`         ${source}: ${line}`);
    },
  });
  const { neighbours, apiUrl } = stack;
  await using cleanUp = new AsyncDisposableStack();
  const backend = createBackend({ apiUrl, environment: neighbours.environment });
  cleanUp.defer(() => backend.close());

  const runnable = SAMPLE_CASES.filter((sample) => whyNotRunnable(sample, neighbours) === undefined);
  neighbours.gemini?.script(runnable.flatMap(({ gemini = [] }) => gemini));
  neighbours.compreface?.script(runnable.flatMap(({ compreface = [] }) => compreface));
  say(`Submitting ${runnable.length} sample cases to ${apiUrl}/api/v1/process`);

  // Records of a database that is really somebody's are not touched: these ids are beyond theirs.
  const firstId = neighbours.environment["POSTGRES_URL"] === process.env["POSTGRES_URL"] ? Date.now() : 1;
  const outcomes = await Promise.all(
    runnable.map(async (sample, index) => {
      const outcome = await runCase(sample, firstId + index, { backend, neighbours });
      say(`${outcome.faults.length === 0 ? "ok  " : "WRONG"} ${outcome.name}`);
      return outcome;
    }),
  );

  report(outcomes);
  for (const sample of SAMPLE_CASES) {
    const reason = whyNotRunnable(sample, neighbours);
    if (reason !== undefined) console.log(`not run: ${sample.name} (${reason})`);
  }
  const wrong = outcomes.filter(({ faults }) => faults.length > 0);
  for (const { name, faults } of wrong) console.log(`WRONG  ${name}: ${faults.join("; ")}`);
  console.log(`\n${outcomes.length - wrong.length} of ${outcomes.length} cases ended as they should.`);
  return wrong.length === 0;
}

function report(outcomes: readonly CaseOutcome[]): void {
  const rows = outcomes.map(({ name, http, jobId, status, result, durationMs }) => [
    name,
    String(http),
    jobId ?? "-",
    status ?? "(no record)",
    result?.status === "ocr_failed" ? `${result.failureCode}${result.image === null ? "" : ` (${result.image})`}` : "-",
    similarity(result),
    seconds(durationMs).trim(),
  ]);
  for (const { name, result } of EXPLAINED.flatMap((wanted) => outcomes.find(wanted) ?? []))
    if (result !== undefined) console.log(`\n--- ${name} ---\n\n${explain(result)}`);
  const shown = outcomes.find(isWithStamp);
  if (options.json && shown !== undefined)
    console.log(`\nThe opened result of "${shown.name}":\n${JSON.stringify(shown.result, null, 2)}`);
  console.log(`\n${formatTable(["case", "HTTP", "job", "status", "failure code", "similarity", "time"], rows)}`);
}

function similarity(result: CaseOutcome["result"]): string {
  const score = result?.status === "ocr_complete" ? result.faceMatch.similarity : result?.facts["similarity"];
  return score == null ? "-" : String(score);
}
