/**
 * The passport's page of a job. The reader reads its machine readable zone on this machine, independently of the vision
 * model, and finds which way up the page is. If the reader fails, the job continues without it.
 */
import type { ImagePreparation, Picture } from "../../lib/images/images.ts";
import type { PassportReading, ReaderReading } from "../../lib/passport/reading.ts";
import type { MrzRead, Reader } from "../../lib/reader/reader.ts";
import { boxOf } from "../../lib/reader/geometry/zone-box.ts";
import type { Steps } from "../run/steps.ts";

/**
 * How long the providers wait for the page's orientation. The reader needs a fraction of that time. If many pages wait
 * for the reader, the page is sent unturned, and the reader runs beside the providers.
 */
const UPRIGHT_WAIT_MS = 1_500;

/** A page as a provider gets it: turned back by this clockwise angle. */
export interface Shown {
  readonly picture: Picture;
  readonly turnedBack: MrzRead["orientation"];
}

/** The prepared page, before it is turned by what the reader finds, and the reader's answer about it. */
export interface PassportPage {
  readonly picture: Picture;
  /** `undefined` if the reader gave no answer. */
  readonly read: Promise<MrzRead | undefined> | "off";
}

interface PassportPagesOptions {
  readonly reader: Pick<Reader, "read"> | "off";
  readonly images: Pick<ImagePreparation, "prepare" | "preparePage" | "turn" | "cropMrz">;
}

/** Creates the verbs that start a reading, turn a page upright and cut out its zone. */
export function createPassportPages({ reader, images }: PassportPagesOptions) {
  const turnBack = async (picture: Picture, turnedBack: Shown["turnedBack"]): Promise<Shown> => ({
    picture: turnedBack === 0 ? picture : await images.turn(picture, turnedBack),
    turnedBack,
  });

  return {
    /** Prepares a passport's page and starts to read it, from one decode. The upload is not needed afterwards. */
    async prepare(upload: Buffer, steps: Steps, signal: AbortSignal): Promise<PassportPage> {
      if (reader === "off") return { picture: await images.prepare(upload, "passport"), read: "off" };
      const { picture, pixels } = await images.preparePage(upload);
      const read = steps.run("read_mrz", () => reader.read(pixels, signal)).catch(() => undefined);
      return { picture, read };
    },

    /** Turns the page upright, if the reader finds the orientation in time: it must be sure of a line. */
    async upright({ picture, read }: PassportPage): Promise<Shown> {
      const known = read === "off" ? undefined : await Promise.race([read, later(UPRIGHT_WAIT_MS)]);
      return turnBack(picture, known === undefined ? 0 : orientationOf(known));
    },

    /** Waits for the reader's answer, in the form that the rules use. */
    async reading({ read }: PassportPage): Promise<ReaderReading | undefined> {
      if (read === "off") return "off";
      const known = await read;
      if (known === undefined) return undefined;
      const [line1, line2] = (known.lines ?? []).map(({ sure, text }) => (sure ? text : null));
      return { line1: line1 ?? null, line2: line2 ?? null, reason: known.reason };
    },

    /**
     * Cuts out the zone of a page, upright: where the reader found it, otherwise where the model saw it. The model's
     * box is a place on the page as the model got it, perhaps in another attempt that turned the page differently.
     */
    async strip({ picture, read }: PassportPage, { turnedBack, reading }: SeenByModel): Promise<Picture> {
      const known = read === "off" ? undefined : await read;
      const cut = async (orientation: Shown["turnedBack"], box: readonly number[] | null) =>
        images.cropMrz((await turnBack(picture, orientation)).picture, box);
      if (known?.zone == null) return cut(turnedBack, reading.mrzBox);
      const orientation = orientationOf(known);
      return cut(orientation, boxOf(known.zone, known.size, orientation));
    },
  };
}

export type PassportPages = ReturnType<typeof createPassportPages>;

/** Where the model saw the zone, and how the page was turned for it. */
interface SeenByModel extends Pick<Shown, "turnedBack"> {
  readonly reading: Pick<PassportReading, "mrzBox">;
}

/** The orientation of a page if the reader is sure of a line, otherwise 0. */
const orientationOf = ({ lines, orientation }: MrzRead) => (lines?.some(({ sure }) => sure) ? orientation : 0);

function later(durationMs: number): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  setTimeout(resolve, durationMs, undefined).unref();
  return promise;
}
