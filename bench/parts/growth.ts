/** Measures the cost of a longer queue and of a larger table. */
import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { once } from "node:events";
import { Queue, Worker } from "bullmq";
import { createLogger } from "../../lib/observe/logger.ts";
import { createDatabase } from "../../lib/record/database.ts";
import { createEnvelope } from "../../lib/record/envelope.ts";
import { createWatchdog } from "../../lib/record/watchdog.ts";
import { JOB_NAME } from "../../lib/queue/jobs.ts";
import { createQueue, QUEUE_NAME } from "../../lib/queue/queue.ts";
import { connectForCaller, connectForWorker } from "../../lib/queue/redis.ts";
import { jobIdOf } from "../../lib/submission.ts";
import type { Chart, Figure, Part, PartOptions } from "../part.ts";
import { median } from "../rounds.ts";
import { startServices, type Services } from "../setup/services.ts";

const SAMPLES = 400;

const submission = (kycId: number) => ({ userId: 1, kycId, passportKey: "passport.jpg", selfieKey: "selfie.jpg" });

interface QueueCost {
  readonly length: number;
  readonly enqueueUs: number;
  readonly pickUpUs: number;
}

async function queueCost({ redis, environment }: Services, length: number): Promise<QueueCost> {
  await redis.flushall();
  const options = { prefix: "growth", attempts: 5, backoffMs: 2_000 };
  const queue = createQueue({ redis: connectForCaller(environment.REDIS_URL, { onError: () => {} }), ...options });
  const filler = new Queue(QUEUE_NAME, { connection: redis, prefix: options.prefix });
  for (let from = 0; from < length; from += 1_000) {
    const ids = Array.from({ length: Math.min(1_000, length - from) }, (_, index) => from + index + 1);
    await filler.addBulk(ids.map((id) => ({ name: JOB_NAME, data: submission(id), opts: { jobId: jobIdOf(id) } })));
  }
  const enqueueUs = await medianUs(SAMPLES, (index) => queue.enqueue(submission(1e9 + index)));

  // A processor that does nothing, to measure only BullMQ's own work.
  const connection = connectForWorker(environment.REDIS_URL, { onError: () => {} });
  let taken = 0;
  const startedAt: number[] = [];
  const done = Promise.withResolvers<void>();
  const worker = new Worker(
    QUEUE_NAME,
    async () => {
      startedAt.push(performance.now());
      if (++taken === SAMPLES) done.resolve();
    },
    {
      connection,
      prefix: options.prefix,
      removeOnComplete: { count: 0 },
      limiter: { max: 1_000_000, duration: 1_000 },
    },
  );
  worker.on("error", () => {});
  await once(worker, "ready");
  await done.promise;
  const gaps = startedAt.slice(1).map((at, index) => at - (startedAt[index] ?? at));
  await worker.close(true);
  connection.disconnect();
  await queue.close();
  return { length, enqueueUs, pickUpUs: median(gaps) * 1_000 };
}

async function medianUs(times: number, operate: (index: number) => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let index = 0; index < times; index++) {
    const at = performance.now();
    await operate(index);
    took.push(performance.now() - at);
  }
  return median(took) * 1_000;
}

interface SweepCost {
  readonly rows: number;
  /** The duration of a usual sweep. */
  readonly ms: number;
  /** The duration of the sweep that looks at all records, once in ten minutes. */
  readonly fullMs: number;
  /** PostgreSQL's plan for the query of the full look. */
  readonly plan: string;
}

/** The query of a full look. */
const FULL_LOOK = `SELECT id FROM kyc_verification
  WHERE status='in_review' AND "createdAt" < NOW() - make_interval(secs => 900) AND id > 0
  ORDER BY id LIMIT 100`;

const INDEX = `CREATE INDEX CONCURRENTLY kyc_verification_in_review ON kyc_verification (id) WHERE status = 'in_review'`;

/** Fills the table with past verifications. The newest thousandth is in review. */
async function fillTable(database: Services["database"], rows: number): Promise<void> {
  await database.query("UPDATE kyc_verification SET status='ocr_complete' WHERE status='in_review'");
  const { rows: counted } = await database.query<{ count: string }>("SELECT count(*) FROM kyc_verification");
  await database.query(
    `INSERT INTO kyc_verification ("userId", status, "createdAt", "ocrResult", "reviewedAt")
     SELECT 1, CASE WHEN n > $1::int - $2::int THEN 'in_review' ELSE 'ocr_complete' END, now() AT TIME ZONE 'UTC', NULL, now()
     FROM generate_series(1, $1::int) AS n`,
    [Math.max(1, rows - Number(counted[0]?.count ?? 0)), Math.ceil(rows / 1_000)],
  );
  await database.query("ANALYZE kyc_verification");
}

/** Measures sweeps that find no stuck record, like almost all sweeps. */
async function sweepCost({ database, environment }: Services, rows: number): Promise<SweepCost> {
  await fillTable(database, rows);
  const service = createDatabase({ url: environment.POSTGRES_URL, connections: 1 });
  await service.ping();
  const open = () =>
    createWatchdog({
      database: service,
      // No job is lost, to measure only PostgreSQL's share.
      queue: { findJobs: async () => [], putBack: async () => false },
      envelope: createEnvelope({ keys: [{ id: 1, key: randomBytes(32) }] }),
      timeoutMinutes: 15,
      sinceColumn: "createdAt",
      version: "bench",
      log: createLogger({ level: "silent" }),
    });
  const hasTime = () => true;
  const watchdog = open();
  const fullMs = (await medianUs(5, () => open().sweep({ hasTime }))) / 1_000;
  await watchdog.sweep({ hasTime });
  const ms = (await medianUs(15, () => watchdog.sweep({ hasTime }))) / 1_000;
  await service.close();
  const { rows: lines } = await database.query<{ "QUERY PLAN": string }>(`EXPLAIN ${FULL_LOOK}`);
  return { rows, ms, fullMs, plan: lines.map((line) => line["QUERY PLAN"]).join("\n") };
}

async function run({ quick, say }: PartOptions) {
  await using services = await startServices();
  const queueCosts: QueueCost[] = [];
  for (const length of quick ? [100, 10_000] : [100, 10_000, 100_000]) {
    queueCosts.push(await queueCost(services, length));
    say(`queue of ${length}`);
  }
  const sweeps: SweepCost[] = [];
  for (const rows of quick ? [100, 100_000] : [100, 100_000, 1_000_000]) {
    sweeps.push(await sweepCost(services, rows));
    say(`table of ${rows}`);
  }
  const most = sweeps.at(-1);
  await services.database.query(INDEX);
  const indexed = await sweepCost(services, most?.rows ?? 0);
  return {
    figures: [...queueFigures(queueCosts), ...sweepFigures(sweeps, indexed)],
    notes: [sweepNotes(most, indexed)],
    charts: [chart(queueCosts)],
  };
}

function queueFigures(costs: readonly QueueCost[]): Figure[] {
  const [base] = costs;
  if (base === undefined) return [];
  return costs.slice(1).flatMap((cost): Figure[] => [
    { what: `enqueue, ${show(cost.length)} waiting over 100`, values: [cost.enqueueUs / base.enqueueUs], unit: "x" },
    { what: `pick-up, ${show(cost.length)} waiting over 100`, values: [cost.pickUpUs / base.pickUpUs], unit: "x" },
  ]);
}

function sweepFigures(sweeps: readonly SweepCost[], indexed: SweepCost): Figure[] {
  const [base] = sweeps;
  if (base === undefined) return [];
  const figure = ({ rows, ms }: SweepCost, how: string): Figure => ({
    what: `watchdog's sweep, ${show(rows)} rows${how} over 100 rows`,
    values: [ms / base.ms],
    unit: "x",
    ...(rows === 1_000_000 && { limit: { atMost: 20 } }),
  });
  const full = ({ rows, fullMs }: SweepCost, how: string): Figure => ({
    what: `the same once in 10 minutes, when it looks at all records, ${show(rows)} rows${how}`,
    values: [fullMs / base.fullMs],
    unit: "x",
  });
  const larger = sweeps.slice(1);
  return [
    ...larger.map((sweep) => figure(sweep, "")),
    ...larger.map((sweep) => full(sweep, "")),
    full(indexed, ", with the index"),
  ];
}

const show = (count: number) => count.toLocaleString("en-US");

function sweepNotes(most: SweepCost | undefined, indexed: SweepCost): string {
  return [
    "Enqueue and pick-up do not depend on the queue's length: a list is written at one end and read at the other.",
    "",
    `No index of the backend's table has to know the status. So the watchdog looks at all records once in 10 minutes, and in between only at those from the oldest one that was in review then, and the 10,000 before it. The full look walks over every verification of the past (here ${show(indexed.rows)}, the newest thousandth in review, none stuck):`,
    "",
    `\`\`\`\n${most?.plan ?? ""}\n\`\`\``,
    "",
    "The table belongs to Serverpod, so this is a proposal for its migrations. The index holds the few records in review only, in the order of the sweep:",
    "",
    `\`\`\`sql\n${INDEX};\n\`\`\``,
    "",
    `\`\`\`\n${indexed.plan}\n\`\`\``,
  ].join("\n");
}

function chart(costs: readonly QueueCost[]): Chart {
  const [base] = costs;
  const points = (value: (cost: QueueCost) => number) =>
    costs.map((cost) => ({ x: cost.length, y: value(cost) / (base === undefined ? 1 : value(base)) }));
  return {
    title: "Cost per job, as a multiple of that with 100 waiting jobs",
    xLabel: "waiting jobs",
    curves: [
      { name: "enqueue", points: points(({ enqueueUs }) => enqueueUs) },
      { name: "pick-up", points: points(({ pickUpUs }) => pickUpUs) },
    ],
  };
}

export const growth: Part = {
  name: "growth",
  title: "Growth",
  meaning: "Whether the service slows down as its queue and the table of verifications grow over the years.",
  run,
};
