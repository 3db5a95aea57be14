/** The reader's two networks on ONNX Runtime. Nothing else in the project knows the runtime. */
import { readFile } from "node:fs/promises";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { FRAME, type Frames } from "./text/decode.ts";
import { normalise, shrink, type Plane } from "./geometry/plane.ts";
import { STRIP } from "./geometry/row.ts";
import type { ZoneMap } from "./geometry/zone-shape.ts";

/** Pixels of a cell of the zone finder's map. */
const CELL = 4;
/** The zone finder wants sides that are multiples of this. */
const MULTIPLE = 32;

/** One core, and no arena: memory goes back after each run. A run takes one block, as planned by its memory pattern. */
const OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  enableCpuMemArena: false,
};

const open = async (file: string) =>
  InferenceSession.create(await readFile(new URL(`models/${file}`, import.meta.url)), OPTIONS);

/** Loads both models. */
export async function openNetworks() {
  const finder = await open("zone-finder.onnx");
  const reader = await open("line-reader.onnx");
  return {
    /** Where a zone's rows are: the picture is shrunk so that its longer side is `side`. Also gives how many pixels a cell is. */
    async findRows(plane: Plane, side: number): Promise<{ map: ZoneMap; cellPixels: readonly [number, number] }> {
      const scale = side / Math.max(plane.width, plane.height);
      const [width, height] = [roundSide(plane.width * scale), roundSide(plane.height * scale)];
      const picture = Float32Array.from(shrink(plane, width, height).data);
      normalise(picture);
      const rows = await run(finder, new Tensor("float32", picture, [1, 1, height, width]), "rows");
      const map = { width: width / CELL, height: height / CELL };
      const cells = map.width * map.height;
      return {
        map: { ...map, first: rows.subarray(0, cells), second: rows.subarray(cells) },
        cellPixels: [(plane.width / width) * CELL, (plane.height / height) * CELL],
      };
    },

    /** Reads strips, one after the other in one array. */
    async readStrips(strips: Float32Array): Promise<readonly Frames[]> {
      const count = strips.length / (STRIP.width * STRIP.height);
      const logs = await run(reader, new Tensor("float32", strips, [count, 1, STRIP.height, STRIP.width]), "logs");
      const size = logs.length / count;
      return Array.from({ length: count }, (_, index) => ({
        count: size / FRAME,
        logs: logs.subarray(index * size, (index + 1) * size),
      }));
    },

    close: async () => {
      await Promise.all([finder.release(), reader.release()]);
    },
  };
}

export type Networks = Awaited<ReturnType<typeof openNetworks>>;

const roundSide = (side: number) => Math.max(MULTIPLE, Math.round(side / MULTIPLE) * MULTIPLE);

async function run(session: InferenceSession, picture: Tensor, output: string): Promise<Float32Array> {
  const data = (await session.run({ picture }))[output]?.data;
  if (!(data instanceof Float32Array)) throw new TypeError(`the model has no output "${output}"`);
  return data;
}
