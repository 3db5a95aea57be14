/** What CompreFace answers about pictures: which faces it finds, how it compares them, and how it words that. */
import { API_ERRORS, apiJson, unknownKey } from "./errors.ts";
import { detectFaces, isUnmarked, similarityOf, type DetectedFace, type Seen } from "./faces.ts";
import { API_FAULTS, withStrangers, type ComprefaceFault } from "./faults.ts";
import type { FaceRequest } from "./request.ts";
import { LOCAL_FACES, type LocalFaces } from "../local-faces/local-faces.ts";
import type { HttpReply } from "../reply.ts";
import { isNamed } from "../script.ts";

/** The answer to a request with a source and a target. Rejects with a refusal. */
export async function answerAbout(
  { key, limit, status, seen }: Pick<FaceRequest, "limit" | "status"> & { readonly key: string; readonly seen: Seen },
  fault: ComprefaceFault,
  engine: Pick<LocalFaces, "find"> | undefined,
): Promise<HttpReply> {
  if (isNamed(API_FAULTS, fault.fault)) return API_FAULTS[fault.fault];
  if (fault.fault === "unknownKey") return unknownKey(key);
  /** The faces that the API goes on with, the largest first. */
  const keep = (faces: readonly DetectedFace[]) => (limit > 0 ? faces.slice(0, limit) : faces);
  const [source = [], target = []] = await detectFaces(seen, engine);
  const [face, ...others] = keep(withStrangers(fault, "source", source));
  if (face === undefined) return API_ERRORS.noFace;
  if (others.length > 0) return API_ERRORS.manyFacesInSource;
  const found = keep(withStrangers(fault, "target", target));
  if (found.length === 0) return API_ERRORS.noFace;
  const matches = found.map((other, index) => {
    const similarity = fault.fault === "similarity" && index === 0 ? fault.value : similarityOf(face, other);
    return { ...describe(other), similarity: rounded(similarity) };
  });
  const plugins_versions = status ? versions(seen) : undefined;
  return apiJson(200, {
    result: [{ source_image_face: describe(face), face_matches: matches, plugins_versions }],
  });
}

/** CompreFace rounds to five decimals. */
const rounded = (value: number) => Number(value.toFixed(5));

function describe({ box, probability }: DetectedFace) {
  const { left, top, right, bottom } = box;
  return { box: { probability: rounded(probability), x_max: right, y_max: bottom, x_min: left, y_min: top } };
}

/** The names of what looked at the pictures: the engine's own where it was the local one. */
function versions(seen: Seen) {
  if (isUnmarked(seen)) return { detector: LOCAL_FACES, calculator: LOCAL_FACES };
  return {
    detector: "insightface.FaceDetector@retinaface_r50_v1",
    calculator: "insightface.Calculator@arcface-r100-msfdrop75",
  };
}
