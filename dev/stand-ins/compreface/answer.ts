/** What CompreFace answers about pictures: which faces it finds, how it compares them, and how it words that. */
import { API_ERRORS, apiJson } from "./errors.ts";
import { chance, detectFaces, isUnmarked, similarityOf, type DetectedFace, type Seen } from "./faces.ts";
import { apiReply, withStrangers, type ComprefaceFault } from "./faults.ts";
import { decimal, type JavaValue } from "./json.ts";
import type { FaceRequest } from "./request.ts";
import { LOCAL_FACES, type LocalFaces } from "../local-faces/local-faces.ts";
import { RefusalError, type HttpReply } from "../reply.ts";

/** What an answer is made of. */
interface Question {
  readonly request: FaceRequest;
  readonly seen: Seen;
  readonly fault: ComprefaceFault | undefined;
  readonly engine: LocalFaces | undefined;
}

/** The answer to a request with one picture, or with a source and a target. Rejects with a {@link RefusalError}. */
export async function answerAbout({ request, seen, fault, engine }: Question): Promise<HttpReply> {
  const scripted = apiReply(fault, request);
  if (scripted !== undefined) return scripted;
  const [source = [], target] = await detectFaces(seen, engine, request.detProbThreshold);
  const found = keep(withStrangers(fault, "source", source), request);
  const plugins_versions = versions(request, seen);
  if (target === undefined) {
    return apiJson(200, { plugins_versions, result: found.map((face) => describe(face, request)) });
  }
  const [face, ...others] = found;
  if (others.length > 0) return API_ERRORS.manyFacesInSource;
  const matches = keep(withStrangers(fault, "target", target), request).map((other, index) => {
    const similarity = fault?.fault === "similarity" && index === 0 ? fault.value : similarityOf(face, other);
    return { ...describe(other, request), similarity: decimal(similarity) };
  });
  return apiJson(200, {
    result: [{ source_image_face: describe(face, request), face_matches: matches, plugins_versions }],
  });
}

/** The faces that the API goes on with, the largest first. Throws code 28 if there is no face. */
function keep(faces: readonly DetectedFace[], { limit }: FaceRequest): readonly [DetectedFace, ...DetectedFace[]] {
  const [first, ...others] = limit > 0 ? faces.slice(0, limit) : faces;
  if (first === undefined) throw new RefusalError(API_ERRORS.noFace);
  return [first, ...others];
}

type Options = Pick<FaceRequest, "facePlugins" | "status">;

function describe(face: DetectedFace, { facePlugins, status }: Options): Record<string, JavaValue | undefined> {
  const asked = facePlugins.flatMap((slug) => {
    const plugin = PLUGINS[slug];
    return plugin === undefined ? [] : [[slug === "calculator" ? "embedding" : slug, plugin(face)] as const];
  });
  const { left, top, right, bottom } = face.box;
  return {
    ...Object.fromEntries(asked),
    box: { probability: decimal(face.probability), x_max: right, y_max: bottom, x_min: left, y_min: top },
    execution_time: status ? { detector: decimal(48, 1), calculator: decimal(61.5, 1) } : undefined,
  };
}

/** What each plugin says about a face: likely forms, no truth. Unknown plugins are ignored, as in CompreFace. */
const PLUGINS: Readonly<Record<string, (face: DetectedFace) => JavaValue>> = {
  age: () => ({ probability: decimal(0.98), high: 32, low: 25 }),
  gender: () => ({ probability: decimal(0.99), value: "female" }),
  mask: () => ({ probability: decimal(0.99), value: "without_mask" }),
  pose: () => ({ pitch: decimal(-2.1), roll: decimal(0.4), yaw: decimal(1.3) }),
  landmarks: ({ box: { left, top, right, bottom } }) =>
    [
      [0.3, 0.4],
      [0.7, 0.4],
      [0.5, 0.6],
      [0.35, 0.8],
      [0.65, 0.8],
    ].map(([x = 0, y = 0]) => [Math.round(left + x * (right - left)), Math.round(top + y * (bottom - top))]),
  calculator: ({ identity }) =>
    Array.from({ length: 512 }, (_, index) => {
      const value =
        "embedding" in identity ? (identity.embedding[index] ?? 0) : chance(`${identity.person} ${index}`) * 0.2 - 0.1;
      return decimal(value, 9);
    }),
};

/** The names of what looked at the pictures: the engine's own where it was the local one. */
function versions({ status }: Options, seen: Seen): JavaValue | undefined {
  if (!status) return undefined;
  if (isUnmarked(seen)) return { detector: LOCAL_FACES, calculator: LOCAL_FACES };
  return {
    detector: "insightface.FaceDetector@retinaface_r50_v1",
    calculator: "insightface.Calculator@arcface-r100-msfdrop75",
  };
}
