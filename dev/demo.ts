/**
 * `npm run demo`: starts everything that is not configured, runs the sample cases through the HTTP API, and prints how each
 * ended, with two results explained (with `--json`, one in full). Exits with 0 only if every case ended as it should.
 */
import { parseArgs } from "node:util";
import pLimit from "p-limit";
import { explain } from "../cli/explain.ts";
import { createBackend } from "./stack/backend.ts";
import { runWithLog, type LogFile } from "./stack/log-file.ts";
import { drawPictures, runCase, whyNotRunnable, type CaseOutcome } from "./stack/run-case.ts";
import { SAMPLE_CASES } from "./samples/cases.ts";
import { startStack, type Stack } from "./stack/stack.ts";
import { formatTable } from "./stack/table.ts";

const LOG_FILE = ".local/demo.log";

/** Cases that run at the same time: more of them would only wait for each other. */
const AT_ONCE = 4;

const flag = { type: "boolean", default: false } as const;
const { values: options } = parseArgs({ options: { logs: flag, json: flag } });
const startedAt = performance.now();
const say = (line: string) => console.log(`${seconds(performance.now() - startedAt)}  ${line}`);
const seconds = (ms: number) => `${(ms / 1_000).toFixed(1).padStart(5)} s`;

await runWithLog(LOG_FILE, "The demo could not finish.", async (log) => {
  process.exitCode = (await main(log)) ? 0 : 1;
});

async function main({ write }: LogFile): Promise<boolean> {
  const drawing = drawAll();
  // Only reported where it is awaited, after the stack has started.
  drawing.catch(() => {});
  await using stack = await startStack({
    environment: process.env,
    progress: say,
    log: (source, line) => {
      write(source, line);
      if (options.logs) console.log(`         ${source}: ${line}`);
    },
  });
  const outcomes = await runAll(stack, await drawing);
  report(outcomes);
  for (const sample of SAMPLE_CASES) {
    const reason = whyNotRunnable(sample, stack.dependencies);
    if (reason !== undefined) console.log(`not run: ${sample.name} (${reason})`);
  }
  const wrong = outcomes.filter(({ faults }) => faults.length > 0);
  for (const { name, faults } of wrong) console.log(`WRONG  ${name}: ${faults.join("; ")}`);
  console.log(`\n${outcomes.length - wrong.length} of ${outcomes.length} cases ended as they should.`);
  if (wrong.length > 0) console.log(`What the processes logged: ${LOG_FILE}`);
  return wrong.length === 0;
}

/** Draws every case's pictures before the first one is submitted: drawing takes the processors that the service needs. */
async function drawAll() {
  say("Sample pictures: drawing those that are not in .local/samples yet");
  const of = SAMPLE_CASES.length;
  let done = 0;
  return await Promise.all(
    SAMPLE_CASES.map(async (sample) => {
      const pictures = await drawPictures(sample);
      done++;
      if (done % AT_ONCE === 0 || done === of) say(`Sample pictures: those of ${done} of ${of} cases`);
      return { sample, pictures };
    }),
  );
}

async function runAll({ dependencies, apiUrl }: Stack, drawn: Awaited<ReturnType<typeof drawAll>>) {
  await using cleanUp = new AsyncDisposableStack();
  const backend = createBackend({ apiUrl, environment: dependencies.environment });
  cleanUp.defer(() => backend.close());
  const runnable = drawn.filter(({ sample }) => whyNotRunnable(sample, dependencies) === undefined);
  dependencies.gemini?.script(runnable.flatMap(({ sample }) => sample.gemini ?? []));
  dependencies.compreface?.script(runnable.flatMap(({ sample }) => sample.compreface ?? []));
  say(`Submitting ${runnable.length} sample cases to ${apiUrl}/api/v1/process`);
  // Records of a database that is really somebody's are not touched: these ids are beyond theirs.
  const firstId = dependencies.environment["POSTGRES_URL"] === process.env["POSTGRES_URL"] ? Date.now() : 1;
  const limit = pLimit(AT_ONCE);
  return await limit.map(runnable, async ({ sample, pictures }, index) => {
    const outcome = await runCase(sample, firstId + index, { backend, dependencies, pictures });
    say(`${outcome.faults.length === 0 ? "ok  " : "WRONG"} ${outcome.name}`);
    return outcome;
  });
}

/** Prints how the cases ended, and explains the fullest result and the first failure. */
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
  const shown = outcomes.find(({ result }) => result?.status === "ocr_complete" && result.stamp !== null);
  const failed = outcomes.find(({ result }) => result?.status === "ocr_failed");
  for (const outcome of [shown, failed])
    if (outcome?.result) console.log(`\n--- ${outcome.name} ---\n\n${explain(outcome.result)}`);
  if (options.json && shown !== undefined)
    console.log(`\nThe opened result of "${shown.name}":\n${JSON.stringify(shown.result, null, 2)}`);
  console.log(`\n${formatTable(["case", "HTTP", "job", "status", "failure code", "similarity", "time"], rows)}`);
}

function similarity(result: CaseOutcome["result"]): string {
  const score = result?.status === "ocr_complete" ? result.faceMatch.similarity : result?.facts["similarity"];
  return score == null ? "-" : String(score);
}
