/**
 * The functions of `draw.ts`, run in threads. A photo takes most of a second to draw, and in that time the event loop of the
 * thread that draws stands still: a server in the same process would miss its timeouts.
 */
import { availableParallelism } from "node:os";
import { Tinypool } from "tinypool";
import * as z from "zod/mini";
import type * as drawings from "./draw.ts";

type Drawings = typeof drawings;

/** Long enough that one thread draws a whole series. */
const IDLE_TIMEOUT_MS = 2_000;

/** How many pictures are drawn at the same time. */
const DRAWING_THREADS = Math.min(availableParallelism(), 4);

const pool = new Tinypool({
  filename: import.meta.resolve("./draw.ts"),
  minThreads: 0,
  maxThreads: DRAWING_THREADS,
  idleTimeout: IDLE_TIMEOUT_MS,
});

/** Ends the threads. What is being drawn is given up. */
export const stopDrawing = (): Promise<void> => pool.destroy();

/** The function of `draw.ts` with this name, in a thread. */
const inThread =
  <Name extends keyof Drawings>(name: Name) =>
  async (options: Parameters<Drawings[Name]>[0]): Promise<Buffer> => {
    const { buffer, byteOffset, byteLength } = z.instanceof(Uint8Array).parse(await pool.run(options, { name }));
    return Buffer.from(buffer, byteOffset, byteLength);
  };

export const drawPassportPhoto = inThread("drawPassportPhoto");
export const drawSelfie = inThread("drawSelfie");
export const drawStampPage = inThread("drawStampPage");
export const drawDrivingLicence = inThread("drawDrivingLicence");
