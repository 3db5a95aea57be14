/** The worker against the peer, with three pictures of 12 megapixels for each verification. */
import sharp from "sharp";
import type { Chart, Curve, Figure, Part, PartOptions, PartReport } from "../part.ts";
import { startContender } from "../setup/contenders.ts";
import { pictureFiles } from "../setup/pictures.ts";
import { startProviders } from "../setup/providers.ts";
import { inTurn, median, ratios } from "../rounds.ts";
import { startServices, type Services } from "../setup/services.ts";
import type { Contender } from "../setup/workload.ts";

const HUNDRED_MEGABIT = 100e6 / 8;
const CONCURRENCIES = [8, 32, 64] as const;
/** Over a limited way the peer needs minutes, and its rate is the way's: one round at 8 and 32 says as much as more. */
const ROUNDS = { limited: { 8: 1, 32: 1, 64: 0 }, bare: { 8: 2, 32: 2, 64: 1 } } as const;

type Concurrency = (typeof CONCURRENCIES)[number];

/** Who takes turns: ours without its reader of the zone, the peer (which has none), and ours with it. */
type Side = Contender | "reading";

interface Measured {
  readonly jobsPerSecond: number;
  readonly peakBytes: number;
  readonly uploadedBytes: number;
  readonly loopDelayP99Ms: number;
  readonly cpuMs: number;
}

interface Setting {
  readonly side: Side;
  readonly concurrency: number;
  readonly limited: boolean;
}

/** One run in a process of its own: its peak memory is that of this load. */
async function measure(services: Services, { side, concurrency, limited }: Setting, jobs: number): Promise<Measured> {
  await using providers = await startProviders({
    pictures: await pictureFiles("12 megapixels"),
    geminiMs: 500,
    comprefaceMs: 300,
    similarity: 0.99,
    ...(limited && { geminiBytesPerSecond: HUNDRED_MEGABIT }),
  });
  const contender = side === "peer" ? "peer" : "ours";
  const settings = { MRZ_READER: side === "reading" ? "on" : "off" };
  await using running = await startContender({ contender, services, providers, concurrency, settings });
  await providers.begin();
  await running.worker.begin();
  const ms = await running.run(jobs);
  const { uploadedBytes } = await providers.counts();
  const { peakBytes, loopDelayP99Ms, cpuMs } = await running.worker.report();
  return {
    jobsPerSecond: (jobs / ms) * 1_000,
    peakBytes,
    uploadedBytes: uploadedBytes / jobs,
    loopDelayP99Ms,
    cpuMs: cpuMs / jobs,
  };
}

/** Processor time for as little of the pictures as can be decoded: an eighth of each side needs all of their Huffman code. */
async function huffmanMs(): Promise<number> {
  const pictures = Object.values(await pictureFiles("12 megapixels"));
  const decodeAll = async () => {
    for (const picture of pictures)
      await sharp(picture, { sequentialRead: true }).resize({ width: 450 }).raw().toBuffer();
  };
  sharp.concurrency(1);
  sharp.cache(false);
  await decodeAll();
  const before = process.cpuUsage();
  await decodeAll();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

interface Comparison {
  readonly concurrency: number;
  readonly ours: readonly Measured[];
  readonly peer: readonly Measured[];
  /** Nothing over the limited way. */
  readonly reading: readonly Measured[];
}

async function compare(services: Services, concurrency: Concurrency, limited: boolean, { quick, say }: PartOptions) {
  const runs: Record<Side, Measured[]> = { ours: [], peer: [], reading: [] };
  const rounds = quick ? 1 : ROUNDS[limited ? "limited" : "bare"][concurrency];
  const run = (side: Side) => async () => {
    // Enough that filling and emptying the slots is little of it, but for the peer over a limited way: it takes minutes for
    // what takes us seconds, and its network is full from the first job to the last.
    const more = limited ? { ours: 80, peer: 0, reading: 0 } : { ours: 40, peer: 24, reading: 40 };
    const jobs = Math.max(concurrency + more[side], 12);
    const measured = await measure(services, { side, concurrency, limited }, jobs);
    runs[side].push(measured);
    say(
      `${limited ? "100 Mbit/s" : "loopback  "} ${side} x${concurrency}: ${measured.jobsPerSecond.toFixed(2)} jobs/s, ` +
        `${(measured.peakBytes / 1e6).toFixed(0)} MB, ${(measured.uploadedBytes / 1e6).toFixed(2)} MB sent a job, ` +
        `loop p99 ${measured.loopDelayP99Ms.toFixed(0)} ms, ${measured.cpuMs.toFixed(0)} ms of a processor a job`,
    );
    return measured.jobsPerSecond;
  };
  const compared = { ours: run("ours"), peer: run("peer") };
  if (limited) await inTurn(compared, { rounds });
  else await inTurn({ ...compared, reading: run("reading") }, { rounds });
  return { concurrency, ...runs } satisfies Comparison;
}

function figuresOf({ concurrency, ours, peer }: Comparison, limited: boolean): Figure[] {
  const pick = (name: keyof Measured) =>
    ratios(
      ours.map((run) => run[name]),
      peer.map((run) => run[name]),
    );
  const at = `concurrency ${concurrency}`;
  const leastRate = limited ? 8 : concurrency === 8 ? 1.2 : 1;
  const group = limited ? "The way to Gemini limited to 100 Mbit/s" : "Bare loopback";
  const figures: Figure[] = [
    {
      what: `jobs a second over the peer, ${at}`,
      values: pick("jobsPerSecond"),
      unit: "x",
      limit: { atLeast: leastRate },
    },
    {
      what: `peak memory over the peer, ${at}`,
      values: pick("peakBytes"),
      unit: "x",
      ...(concurrency === 64 && { limit: { atMost: 0.1 } }),
    },
    {
      what: `peak memory, ${at}`,
      values: ours.map(({ peakBytes }) => peakBytes / 1e6),
      unit: "MB",
      ...(concurrency === 32 && { limit: { atMost: 300 } }),
    },
    { what: `bytes uploaded over the peer, ${at}`, values: pick("uploadedBytes"), unit: "x", limit: { atMost: 0.06 } },
    {
      what: `event-loop delay p99, ${at}`,
      values: ours.map(({ loopDelayP99Ms }) => loopDelayP99Ms),
      unit: "ms",
      ...(concurrency === 32 && { limit: { atMost: 50 } }),
    },
    { what: `processor time of a job over the peer's, ${at}`, values: pick("cpuMs"), unit: "x", limit: { atMost: 1 } },
  ];
  return figures.map((figure) => ({ ...figure, group }));
}

/** What the reader of the zone costs a worker on bare loopback. */
function readerFigures({ concurrency, ours, reading }: Comparison): Figure[] {
  const pick = (name: keyof Measured) => reading.map((run) => run[name]);
  const pickOurs = (name: keyof Measured) => ours.map((run) => run[name]);
  const above = (name: keyof Measured, unit: number) =>
    pick(name).map((value, round) => (value - (pickOurs(name)[round] ?? Number.NaN)) / unit);
  const over = (name: keyof Measured) => ratios(pick(name), pickOurs(name));
  const at = `concurrency ${concurrency}`;
  const figures: Figure[] = [
    {
      what: `jobs a second over those without it, ${at}`,
      values: over("jobsPerSecond"),
      unit: "x",
      limit: { atLeast: 0.75 },
    },
    {
      what: `processor time that it adds to a job, ${at}`,
      values: above("cpuMs", 1),
      unit: "ms",
      limit: { atMost: 150 },
    },
    { what: `peak memory that it adds, ${at}`, values: above("peakBytes", 1e6), unit: "MB", limit: { atMost: 100 } },
    { what: `event-loop delay p99 over that without it, ${at}`, values: over("loopDelayP99Ms"), unit: "x" },
  ];
  return figures.map((figure) => ({ ...figure, group: "With the reader of the machine readable zone, bare loopback" }));
}

/** The same figure at each concurrency, one below the other. */
function sideBySide(columns: readonly (readonly Figure[])[]): Figure[] {
  return (columns[0] ?? []).flatMap((_, row) => columns.flatMap((column) => column[row] ?? []));
}

function curve(name: string, comparisons: readonly Comparison[], value: (run: Comparison) => number): Curve {
  return { name, points: comparisons.map((comparison) => ({ x: comparison.concurrency, y: value(comparison) })) };
}

/** Both as multiples of the peer's first point: what counts is the shape and the distance. */
function charts(limited: readonly Comparison[], bare: readonly Comparison[]): Chart[] {
  const throughput = (side: Contender) => (run: Comparison) =>
    median(run[side].map(({ jobsPerSecond }) => jobsPerSecond));
  const memory = (side: Contender) => (run: Comparison) => median(run[side].map(({ peakBytes }) => peakBytes));
  const relativeTo = (base: number, curves: readonly Curve[]) =>
    curves.map(({ name, points }) => ({ name, points: points.map(({ x, y }) => ({ x, y: y / base })) }));
  const [firstLimited] = limited;
  const [firstBare] = bare;
  if (firstLimited === undefined || firstBare === undefined) return [];
  return [
    {
      title: "Throughput, as a multiple of the peer's at 8 with 100 Mbit/s",
      xLabel: "concurrency",
      curves: relativeTo(throughput("peer")(firstLimited), [
        curve("ours, 100 Mbit/s", limited, throughput("ours")),
        curve("ours, loopback", bare, throughput("ours")),
        curve("peer, loopback", bare, throughput("peer")),
        curve("peer, 100 Mbit/s", limited, throughput("peer")),
      ]),
    },
    {
      title: "Peak memory, as a multiple of the peer's at 8",
      xLabel: "concurrency",
      curves: relativeTo(memory("peer")(firstBare), [
        curve("peer, loopback", bare, memory("peer")),
        curve("ours, loopback", bare, memory("ours")),
      ]),
    },
  ];
}

async function run(options: PartOptions): Promise<PartReport> {
  await using services = await startServices();
  const [limited, bare]: [Comparison[], Comparison[]] = [[], []];
  for (const concurrency of options.quick ? ([8, 32] as const) : CONCURRENCIES) {
    bare.push(await compare(services, concurrency, false, options));
    if (options.quick ? concurrency > 8 : ROUNDS.limited[concurrency] === 0) continue;
    limited.push(await compare(services, concurrency, true, options));
  }
  const peerCpuMs = median(bare.flatMap(({ peer }) => peer.map(({ cpuMs }) => cpuMs)));
  return {
    figures: [
      ...sideBySide(limited.map((comparison) => figuresOf(comparison, true))),
      ...sideBySide(bare.map((comparison) => figuresOf(comparison, false))),
      ...sideBySide(bare.map(readerFigures)),
      {
        group: "Bare loopback",
        what: "processor time for the Huffman code of the three pictures, over all that the peer spends on a job",
        values: [(await huffmanMs()) / peerCpuMs],
        unit: "x",
      },
    ],
    charts: charts(limited, bare),
    notes: [
      "Stand-ins answer after 500 ms (Gemini) and 300 ms (CompreFace). Every run is a process of its own; its peak memory is the resident set's. Beside the peer, which reads no zone, ours runs without its reader (`MRZ_READER=off`).",
    ],
  };
}

export const worker: Part = {
  name: "worker",
  title: "Worker: three pictures of 12 megapixels, against the peer",
  meaning:
    "How many verifications one worker does, and with how much memory, beside one that sends the pictures as they are.",
  run,
};
