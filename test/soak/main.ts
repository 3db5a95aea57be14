/**
 * The soak: drives the API's handler and several workers while workers, Redis, PostgreSQL and the providers fail, then
 * checks every promise. Exits with 0 only if all were kept.
 *
 * ```
 * npm run soak -- [--jobs 10000] [--seed 1] [--workers 3] [--fault-every 25] [--write]
 * ```
 *
 * The seed decides the submissions and the faults, and their order. The exact times depend on the machine. The figures of
 * a run of 10,000 submissions or more, or with `--write`, go into `docs/appendix/soak.md`.
 */
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { formatTable } from "../../dev/stack/table.ts";
import { openStage } from "../stage/stage.ts";
import { openSweeper } from "../stage/sweeper.ts";
import { openQueueTool } from "../servers/queue-tool.ts";
import { createAttacker } from "./attacker.ts";
import { audit } from "./audit.ts";
import { createBackends } from "./backends.ts";
import { createCallCount } from "./calls.ts";
import { createChaos } from "./chaos.ts";
import { figuresOf, writeFigures } from "./figures.ts";
import { drawFaults, drawRecords } from "./plan.ts";
import { createVerdictWatch } from "./verdict-watch.ts";

const { values: given } = parseArgs({
  // npm removes the "--"; a call without npm keeps it.
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    jobs: { type: "string", default: "10000" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "3" },
    "fault-every": { type: "string", default: "25" },
    write: { type: "boolean", default: false },
  },
});
const jobs = Number(given.jobs);
const seed = Number(given.seed);
const workerCount = Number(given.workers);
/** How many verdicts come between two faults. */
const faultEvery = Number(given["fault-every"]);
const writesFigures = given.write || jobs >= 10_000;

const CALLERS = 24;
const IN_FLIGHT = 300;
/** The time between two attacks. */
const ATTACK_EVERY_MS = 200;
/** Without a new verdict for this long, the open jobs count as lost. */
const PATIENCE_MS = 120_000;

const startedAt = performance.now();
const elapsedS = () => (performance.now() - startedAt) / 1_000;
const say = (text: string) => console.log(`${elapsedS().toFixed(0).padStart(5)} s  ${text}`);

async function soak(): Promise<boolean> {
  await using stage = await openStage({
    latencyMs: { gemini: 60, compreface: 20 },
    settings: {
      // Faults are far more frequent than in production: a job may meet several.
      KYC_JOB_ATTEMPTS: "12",
      KYC_JOB_BACKOFF_MS: "200",
      GEMINI_TIMEOUT_MS: "3000",
      COMPREFACE_TIMEOUT_MS: "3000",
    },
  });
  const workers = await Promise.all(Array.from({ length: workerCount }, () => stage.startWorker()));
  await using watchdog = openSweeper({ environment: stage.environment, timeoutMinutes: 15 });
  const calls = createCallCount(stage);
  const watch = createVerdictWatch(stage);
  const played = new Map<string, number>();
  const attacks = new Map<string, number>();
  let total = 0;
  let lastVerdictAt = performance.now();
  /** Aborted when there was no new verdict for a long time. */
  const patience = new AbortController();
  const over = new AbortController();

  const backends = createBackends({
    stage,
    records: drawRecords(seed, jobs),
    callers: CALLERS,
    inFlight: IN_FLIGHT,
    watch,
    signal: patience.signal,
  });
  const { histories, ended } = backends;

  async function look(): Promise<void> {
    calls.update();
    // While PostgreSQL is down, keep the last number.
    const known = await watch.update().catch(() => total);
    if (known > total) lastVerdictAt = performance.now();
    total = known;
    if (performance.now() - lastVerdictAt > PATIENCE_MS) patience.abort();
  }

  async function watchAll(): Promise<void> {
    for (let ticks = 0; !over.signal.aborted; ticks++) {
      await look();
      if (ticks % 50 === 0) progress();
      if (ticks % 100 === 0) await watchdog.sweep().catch(() => {});
      await delay(100);
    }
  }

  async function breakAll(): Promise<void> {
    const keysToCome = () => histories.slice(-8).map(({ versions }) => String(versions.at(-1)?.submission.selfieKey));
    const chaos = createChaos({ stage, workers, keysToCome });
    const faults = drawFaults(seed, workerCount);
    let next = faultEvery;
    while (!over.signal.aborted) {
      if (total < next) {
        await delay(20);
        continue;
      }
      const fault = faults.next().value;
      played.set(fault.what, (played.get(fault.what) ?? 0) + 1);
      await chaos.play(fault);
      next = total + faultEvery;
    }
  }

  async function attackAll(): Promise<void> {
    const tool = openQueueTool(stage.redis.url);
    const attacker = createAttacker({ stage, tool, seed, histories, ended });
    while (!over.signal.aborted) {
      const what = await attacker.attack();
      if (what !== undefined) attacks.set(what, (attacks.get(what) ?? 0) + 1);
      await delay(ATTACK_EVERY_MS);
    }
    await tool.close();
  }

  function progress(): void {
    const faults = [...played.values()].reduce((sum, times) => sum + times, 0);
    say(`${histories.length} records, ${ended.length} done, ${total} verdicts, ${faults} faults`);
  }

  /** Waits for an empty queue: a job leaves it only after its verdict is visible. */
  async function untilEmpty(): Promise<void> {
    for (;;) {
      const depth = await stage.api.queue.depth().catch(() => undefined);
      if (depth !== undefined && depth.waiting + depth.active + depth.delayed === 0) return;
      await delay(200, undefined, { signal: patience.signal });
    }
  }

  say(`${jobs} submissions, seed ${seed}, ${workerCount} workers`);
  const background = Promise.all([breakAll(), attackAll(), watchAll()]);
  const lost = await backends
    .run()
    .then(untilEmpty)
    .then(
      () => false,
      (error: unknown) => {
        if (patience.signal.aborted) return true;
        throw error;
      },
    )
    .finally(() => over.abort());
  await background;
  await look();
  progress();

  const findings = await audit(stage, watch, histories);
  const violations = lost ? ["jobs did not come to their end", ...findings.violations] : findings.violations;
  const figures = figuresOf({
    histories,
    refusals: backends.refusals,
    played,
    attacks,
    findings,
    violations: violations.length,
    calls: calls.figures(histories.flatMap(({ versions }) => versions)),
    durationS: elapsedS(),
  });
  console.log(
    `\n${formatTable(
      ["what", "figure"],
      figures.map(([name, value]) => [name, String(value)]),
    )}\n`,
  );
  for (const violation of violations.slice(0, 50)) console.log(`VIOLATION  ${violation}`);
  if (writesFigures) {
    await writeFigures(`npm run soak -- --jobs ${jobs} --seed ${seed} --workers ${workerCount}`, figures);
  }
  return violations.length === 0;
}

process.exitCode = (await soak()) ? 0 : 1;
