/** Measures the worker against the peer, with three pictures of 12 megapixels for each verification. */
import sharp from "sharp";
import type { Chart, Curve, Figure, Part, PartOptions, PartReport } from "../part.ts";
import { compare, type Comparison, type Measured, type Plan } from "../setup/comparison.ts";
import { pictureFiles } from "../setup/pictures.ts";
import { median, ratios } from "../rounds.ts";
import { startServices } from "../setup/services.ts";
import type { Contender } from "../setup/workload.ts";

const PLANS: readonly Plan[] = [
  { limited: false, concurrency: 8, rounds: 2, jobs: { ours: 24, peer: 24 } },
  { limited: false, concurrency: 32, rounds: 2, jobs: { ours: 48, peer: 48, reading: 48 } },
  { limited: false, concurrency: 64, rounds: 1, jobs: { ours: 72, peer: 72 } },
  // The network limits the peer's rate at every concurrency. At 32 it would need a minute a round.
  { limited: true, concurrency: 8, rounds: 2, jobs: { ours: 32, peer: 8 } },
];

/** Measures the least decoding of the pictures: an eighth of each side still needs their whole Huffman code. */
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

function figuresOf({ concurrency, limited, measured: { ours, peer } }: Comparison): Figure[] {
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

/** Computes what the reader of the zone costs a worker on bare loopback. */
function readerFigures({ concurrency, measured: { ours, reading } }: Comparison): Figure[] {
  if (reading.length === 0) return [];
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
    {
      what: `event-loop delay p99 over that without it, ${at}`,
      values: over("loopDelayP99Ms"),
      unit: "x",
      // Equal to a run without the reader, plus a quarter for the noise of one round.
      limit: { atMost: 1.25 },
    },
  ];
  return figures.map((figure) => ({ ...figure, group: "With the reader of the machine readable zone, bare loopback" }));
}

/** Sorts the figures by kind: the same figure at each concurrency, one below the other. */
function sideBySide(columns: readonly (readonly Figure[])[]): Figure[] {
  return (columns[0] ?? []).flatMap((_, row) => columns.flatMap((column) => column[row] ?? []));
}

const curve = (name: string, comparisons: readonly Comparison[], side: Contender, figure: keyof Measured): Curve => ({
  name,
  points: comparisons.map(({ concurrency, measured }) => ({
    x: concurrency,
    y: median(measured[side].map((found) => found[figure])),
  })),
});

/** Draws both charts as multiples of the peer's first point, because the shape and the distance count. */
function charts(limited: readonly Comparison[], bare: readonly Comparison[]): Chart[] {
  const relativeTo = ({ points: [base] }: Curve, curves: readonly Curve[]) =>
    curves.map(({ name, points }) => ({ name, points: points.map(({ x, y }) => ({ x, y: y / (base?.y ?? 1) })) }));
  const slowest = curve("peer, 100 Mbit/s", limited, "peer", "jobsPerSecond");
  const largest = curve("peer, loopback", bare, "peer", "peakBytes");
  return [
    {
      title: "Throughput, as a multiple of the peer's at 8 with 100 Mbit/s",
      xLabel: "concurrency",
      curves: relativeTo(slowest, [
        curve("ours, 100 Mbit/s", limited, "ours", "jobsPerSecond"),
        curve("ours, loopback", bare, "ours", "jobsPerSecond"),
        curve("peer, loopback", bare, "peer", "jobsPerSecond"),
        slowest,
      ]),
    },
    {
      title: "Peak memory, as a multiple of the peer's at 8",
      xLabel: "concurrency",
      curves: relativeTo(largest, [largest, curve("ours, loopback", bare, "ours", "peakBytes")]),
    },
  ];
}

async function run(options: PartOptions): Promise<PartReport> {
  await using services = await startServices();
  const comparisons: Comparison[] = [];
  const plans = options.quick ? PLANS.filter(({ concurrency }) => concurrency === 8) : PLANS;
  for (const plan of plans) comparisons.push(await compare(services, plan, options));
  const limited = comparisons.filter((comparison) => comparison.limited);
  const bare = comparisons.filter((comparison) => !comparison.limited);
  const peerCpuMs = median(bare.flatMap(({ measured }) => measured.peer.map(({ cpuMs }) => cpuMs)));
  return {
    figures: [
      ...sideBySide(limited.map(figuresOf)),
      ...sideBySide(bare.map(figuresOf)),
      ...bare.flatMap(readerFigures),
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
