/** What CompreFace answers about pictures: which faces it finds, how it compares them, and how it words that. */
import { API_ERRORS, apiJson } from "./errors.ts";
import { chance, detectFaces, similarityOf, type DetectedFace } from "./faces.ts";
import { apiReply, isApiFault, withStrangers, type ComprefaceFault } from "./faults.ts";
import { decimal, type JavaValue } from "./json.ts";
import type { FaceRequest } from "./request.ts";
import { RefusalError, type HttpReply } from "../server.ts";

/** The answer to a request with one picture, or with a source and a target. Rejects with a {@link RefusalError}. */
export async function answerAbout(request: FaceRequest, fault: ComprefaceFault | undefined): Promise<HttpReply> {
  if (fault !== undefined && isApiFault(fault)) return apiReply(fault, request);
  const [source, target] = request.images;
  if (source === undefined) return API_ERRORS.unexpected;
  const found = await find(source, "source", request, fault);
  if (target === undefined) {
    return apiJson(200, { plugins_versions: versions(request), result: found.map((face) => describe(face, request)) });
  }
  const [face, ...others] = found;
  if (others.length > 0) return API_ERRORS.manyFacesInSource;
  const [largest, ...smaller] = await find(target, "target", request, fault);
  const first = fault?.fault === "similarity" ? fault.value : similarityOf(face, largest);
  return apiJson(200, {
    result: [
      {
        source_image_face: describe(face, request),
        face_matches: [
          { ...describe(largest, request), similarity: decimal(first) },
          ...smaller.map((other) => ({ ...describe(other, request), similarity: decimal(similarityOf(face, other)) })),
        ],
        plugins_versions: versions(request),
      },
    ],
  });
}

/** The faces of a picture that the API goes on with, the largest first. Rejects with code 28 where there is none. */
async function find(
  bytes: Buffer,
  image: "source" | "target",
  { limit, detProbThreshold }: FaceRequest,
  fault: ComprefaceFault | undefined,
): Promise<readonly [DetectedFace, ...DetectedFace[]]> {
  const faces = withStrangers(fault, image, await detectFaces(bytes, detProbThreshold));
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
    Array.from({ length: 512 }, (_, index) => decimal(chance(`${JSON.stringify(identity)} ${index}`) * 0.2 - 0.1, 9)),
};

function versions({ status }: Options): JavaValue | undefined {
  return status
    ? {
        detector: "insightface.FaceDetector@retinaface_r50_v1",
        calculator: "insightface.Calculator@arcface-r100-msfdrop75",
      }
    : undefined;
}
