/** What CompreFace answers about pictures: which faces it finds, how it compares them, and how it words that. */
import { API_ERRORS, apiJson } from "./errors.ts";
import { detectFaces, isUnmarked, similarityOf, type DetectedFace, type Seen } from "./faces.ts";
import { apiReply, withStrangers, type ComprefaceFault } from "./faults.ts";
import type { FaceRequest } from "./request.ts";
import { LOCAL_FACES, type LocalFaces } from "../local-faces/local-faces.ts";
import { RefusalError, type HttpReply } from "../reply.ts";

/** The answer to a request with a source and a target. Rejects with a {@link RefusalError}. */
export async function answerAbout(
  { request, seen }: { readonly request: FaceRequest; readonly seen: Seen },
  fault: ComprefaceFault | undefined,
  engine: Pick<LocalFaces, "find"> | undefined,
): Promise<HttpReply> {
  const scripted = apiReply(fault, request);
  if (scripted !== undefined) return scripted;
  const [source = [], target = []] = await detectFaces(seen, engine);
  const [face, ...others] = keep(withStrangers(fault, "source", source), request);
  if (others.length > 0) return API_ERRORS.manyFacesInSource;
  const matches = keep(withStrangers(fault, "target", target), request).map((other, index) => {
    const similarity = fault?.fault === "similarity" && index === 0 ? fault.value : similarityOf(face, other);
    return { ...describe(other), similarity: rounded(similarity) };
  });
  const plugins_versions = request.status ? versions(seen) : undefined;
  return apiJson(200, {
    result: [{ source_image_face: describe(face), face_matches: matches, plugins_versions }],
  });
}

/** The faces that the API goes on with, the largest first. Throws code 28 if there is no face. */
function keep(faces: readonly DetectedFace[], { limit }: FaceRequest): readonly [DetectedFace, ...DetectedFace[]] {
  const [first, ...others] = limit > 0 ? faces.slice(0, limit) : faces;
  if (first === undefined) throw new RefusalError(API_ERRORS.noFace);
  return [first, ...others];
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
