/**
 * The second witness of a job: the reader of the machine readable zone on this machine, which has not seen the vision model's
 * answer. It also knows which way up the page is. A failure of the reader costs the job its second witness and nothing else.
 */
import type { ImagePreparation, Picture } from "../lib/images/images.ts";
import type { ReaderReading } from "../lib/passport/reading.ts";
import type { MrzRead, Reader } from "../lib/reader/reader.ts";
import type { Steps } from "./steps.ts";

/**
 * How long the providers wait to get the page upright. The reader needs a fraction of that. If many pages wait for it, the
 * page is sent as it is, and the reader goes on beside the providers.
 */
const UPRIGHT_WAIT_MS = 1_500;

/** What the reader says of a page, once it is known. */
export interface Testimony {
  /** `undefined` if the reader came to no answer. */
  readonly read: Promise<MrzRead | undefined> | "off";
}

/** The passport's page as it came, and what the second witness says of it. */
export interface PassportPage {
  readonly picture: Picture;
  readonly testimony: Testimony;
}

interface WitnessOptions {
  readonly reader: Pick<Reader, "read"> | "off";
  readonly images: Pick<ImagePreparation, "prepare" | "preparePage" | "turn">;
}

/** Starts readings and puts pages upright. */
export function createWitness({ reader, images }: WitnessOptions) {
  return {
    /** Prepares a passport's page and begins to read it, out of one decode. The upload is not needed after that. */
    async prepare(upload: Buffer, steps: Steps, signal: AbortSignal): Promise<PassportPage> {
      if (reader === "off") return { picture: await images.prepare(upload, "passport"), testimony: { read: "off" } };
      const { picture, pixels } = await images.preparePage(upload);
      const read = steps.run("read_mrz", () => reader.read(pixels, signal)).catch(() => undefined);
      return { picture, testimony: { read } };
    },

    /** The page the right way up, if the reader knows in time how it lies. Only a line it is sure of tells it that. */
    async upright(page: Picture, { read }: Testimony): Promise<Picture> {
      if (read === "off") return page;
      const known = await Promise.race([read, later(UPRIGHT_WAIT_MS)]);
      if (known === undefined || known.orientation === 0 || !isSureOf(known)) return page;
      return images.turn(page, known.orientation);
    },

    /** What the reader says, for the rules. */
    async reading({ read }: Testimony): Promise<ReaderReading | undefined> {
      if (read === "off") return "off";
      const known = await read;
      if (known === undefined) return undefined;
      const [line1, line2] = (known.lines ?? []).map(({ sure, text }) => (sure ? text : null));
      return { line1: line1 ?? null, line2: line2 ?? null, reason: known.reason };
    },

    /** Where the zone is on the page as `upright` has returned it: top, left, bottom, right, in thousandths of its sides. */
    async zoneBox(page: { picture: Picture; testimony: Testimony }, shown: Picture): Promise<readonly number[] | null> {
      const { read } = page.testimony;
      const known = read === "off" ? undefined : await read;
      return known?.zone == null ? null : boxOf(known.zone, known.size, shown === page.picture ? 0 : known.orientation);
    },
  };
}

export type Witness = ReturnType<typeof createWitness>;

const isSureOf = ({ lines }: MrzRead) => lines?.some(({ sure }) => sure) ?? false;

function later(durationMs: number): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  setTimeout(resolve, durationMs, undefined).unref();
  return promise;
}

function boxOf(zone: NonNullable<MrzRead["zone"]>, size: MrzRead["size"], orientation: MrzRead["orientation"]) {
  const turned = zone.map(([x, y]) => turnBack(x / size[0], y / size[1], orientation));
  const [left = 0, right = 0] = extent(turned.map(([x]) => x));
  const [top = 0, bottom = 0] = extent(turned.map(([, y]) => y));
  return [top, left, bottom, right];
}

const extent = (values: readonly number[]) => [inThousandths(Math.min(...values)), inThousandths(Math.max(...values))];

const inThousandths = (share: number) => Math.round(Math.min(1, Math.max(0, share)) * 1_000);

/** Where a point of a page that lies turned clockwise is when the page is upright; shares of the sides. */
function turnBack(x: number, y: number, orientation: MrzRead["orientation"]): readonly [x: number, y: number] {
  if (orientation === 90) return [y, 1 - x];
  if (orientation === 180) return [1 - x, 1 - y];
  return orientation === 270 ? [1 - y, x] : [x, y];
}
