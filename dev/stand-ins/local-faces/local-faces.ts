/** A real face engine for a laptop: finds and compares the faces of pictures that carry no sample marks. */
import { mapBox, type Box } from "../../samples/box.ts";
import { detectFaces } from "./detector.ts";
import { embed } from "./embedding.ts";
import { loadModels, type Models } from "./models.ts";
import { openNetwork } from "../network.ts";
import { decode } from "../sampling.ts";

/** The engine's name in answers. */
export const LOCAL_FACES = "local-faces@faceplugin-0.0.1";

/** A face that the engine found; its box is in pixels of the picture as sent. */
export interface LocalFace {
  readonly box: Box;
  readonly probability: number;
  readonly embedding: Float32Array;
}

interface LocalFacesOptions {
  /** Gets the networks' bytes; from npm's registry by default. */
  readonly load?: () => Promise<Models>;
  readonly progress?: (line: string) => void;
}

/** Creates the engine. It loads its networks with the first picture, and again if that failed. */
export function createLocalFaces({
  progress = () => {},
  load = () => loadModels({ progress }),
}: LocalFacesOptions = {}) {
  let networks: ReturnType<typeof openNetworks> | undefined;

  async function open() {
    networks ??= load().then(openNetworks);
    try {
      return await networks;
    } catch (error) {
      networks = undefined;
      progress(`Real faces cannot be compared: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  return {
    /** Whether it can compare: not where its networks cannot be had. */
    isReady: () =>
      open().then(
        () => true,
        () => false,
      ),

    /** The faces in a picture, the largest first. Rejects if the networks cannot be had. */
    async find(bytes: Uint8Array): Promise<readonly LocalFace[]> {
      const runs = await open();
      const picture = await decode(bytes);
      const boxes = await detectFaces(picture, runs.detect);
      return Promise.all(
        boxes.map(async (box) => ({
          box: mapBox(box, (side) => side * picture.scale),
          probability: box.score,
          embedding: await embed(picture, box, runs),
        })),
      );
    },
  };
}

export type LocalFaces = ReturnType<typeof createLocalFaces>;

/** CompreFace's own formula, with its coefficients for ArcFace, over the distance of two embeddings. */
export function similarityOf(one: Float32Array, other: Float32Array): number {
  const distance = Math.hypot(...one.map((value, index) => value - (other[index] ?? 0)));
  return (Math.tanh((1.224676 - distance) * 6.322647) + 1) / 2;
}

const openNetworks = async ({ detect, landmark, feature }: Models) => ({
  detect: await openNetwork(detect),
  landmark: await openNetwork(landmark),
  feature: await openNetwork(feature),
});
