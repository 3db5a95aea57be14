/**
 * The second reader: reads the machine readable zone of a passport page on this machine, independently of the vision model.
 *
 * It never guesses: a line it is not sure of is reported as unsure, and a line is reported as read, never repaired. One thread
 * reads one picture at a time. If the reader fails, the job goes on without its answer.
 */
import { once } from "node:events";
import pLimit from "p-limit";
import { decodePixels, type Pixels } from "../images/pixels.ts";
import type { PageRead } from "./read-page.ts";
import { createReaderThread } from "./thread.ts";

/** The reader's name and version, which goes up with every change of a model or a threshold. */
export const READER = "mrz-reader 4";

/** The reader's answer about a picture. */
export interface MrzRead extends PageRead {
  /** Decoding and reading, without the wait for others. */
  readonly milliseconds: number;
  readonly reader: string;
}

/** Why a picture was not read. */
export type ReaderFault = "busy" | "late" | "aborted" | "unreadable" | "crashed";

/** Thrown when the reader could not look at a picture. The job goes on without it. */
export class ReaderError extends Error {
  override readonly name = "ReaderError";
  readonly fault: ReaderFault;

  constructor(fault: ReaderFault) {
    super(`the reader could not look at the picture: ${fault}`);
    this.fault = fault;
  }
}

interface ReaderOptions {
  /** The largest picture that is decoded. */
  readonly maxPixels: number;
  /** How long a caller waits at most, including the time in the queue. */
  readonly deadlineMs?: number;
  /** How many pictures may wait. */
  readonly maxWaiting?: number;
  /** How long after its deadline a thread that does not answer is ended. */
  readonly graceMs?: number;
  /** The thread's program. */
  readonly program?: URL;
}

const PROGRAM = new URL("thread-program.ts", import.meta.url);

/** Starts the thread with the first picture, and again with the next one after it has ended. */
export function createReader({
  maxPixels,
  deadlineMs = 5_000,
  maxWaiting = 32,
  graceMs = 10_000,
  program = PROGRAM,
}: ReaderOptions) {
  const slot = pLimit(1);
  const closing = new AbortController();
  const thread = createReaderThread({ program, graceMs });

  async function look(picture: Uint8Array | Pixels, signal: AbortSignal, deadline: number): Promise<MrzRead> {
    signal.throwIfAborted();
    const startedAt = performance.now();
    const pixels = await pixelsOf(picture, maxPixels);
    const decodedAt = performance.now();
    signal.throwIfAborted();
    const answer = await thread.ask(pixels, deadline);
    if (answer === undefined || "fault" in answer) throw new ReaderError("crashed");
    const { page, milliseconds } = answer;
    return { ...page, milliseconds: Math.round(decodedAt - startedAt + milliseconds), reader: READER };
  }

  return {
    /**
     * Reads a picture: the bytes of a JPEG, PNG or WebP, or pixels, whose memory goes to the thread.
     *
     * @throws {ReaderError} when it could not be looked at.
     */
    async read(picture: Uint8Array | Pixels, signal?: AbortSignal): Promise<MrzRead> {
      if (closing.signal.aborted) throw new ReaderError("aborted");
      if (slot.pendingCount >= maxWaiting) throw new ReaderError("busy");
      const deadline = Date.now() + deadlineMs;
      const late = AbortSignal.timeout(deadlineMs);
      const given = signal === undefined ? [] : [signal];
      const ended = AbortSignal.any([...given, closing.signal, late]);
      const reading = slot(() => look(picture, ended, deadline));
      try {
        return await Promise.race([reading, aborted(ended)]);
      } catch (error) {
        if (error instanceof ReaderError) throw error;
        if (late.aborted) throw new ReaderError("late");
        throw new ReaderError(ended.aborted ? "aborted" : "unreadable");
      }
    },

    /** Rejects waiting pictures, lets the thread finish its current one, and ends it. */
    async close(): Promise<void> {
      closing.abort();
      await slot(() => thread.close());
    },
  };
}

export type Reader = ReturnType<typeof createReader>;

const pixelsOf = async (picture: Uint8Array | Pixels, maxPixels: number): Promise<Pixels> =>
  picture instanceof Uint8Array ? decodePixels(picture, { maxPixels }) : picture;

const aborted = async (signal: AbortSignal): Promise<never> => {
  if (!signal.aborted) await once(signal, "abort");
  throw signal.reason;
};
