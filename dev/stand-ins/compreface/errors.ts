/** What CompreFace answers when it does not compare, word for word: its API's codes, and nginx's pages in front of it. */
import type { HttpReply } from "../reply.ts";

/** nginx adds these on the paths that it proxies. */
const CORS = {
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "GET, POST, OPTIONS, PUT, DELETE",
  "access-control-allow-headers":
    "DNT,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,x-api-key",
};

/** A JSON answer of the API. */
export function apiJson(status: number, body: object): HttpReply {
  return { status, contentType: "application/json", body: JSON.stringify(body, null, 2), headers: CORS };
}

/** An answer without a body, as Spring gives for what it refuses itself. */
export function emptyAnswer(status: number): HttpReply {
  return { status, contentType: undefined, body: "", headers: CORS };
}

function apiError(status: number, code: number, message: string): HttpReply {
  return apiJson(status, { message, code });
}

/** A page of nginx itself. */
export function nginxPage(status: number, name: string): HttpReply {
  const title = `${status} ${name}`;
  return {
    status,
    contentType: "text/html",
    body: `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/1.23.2</center>\r\n</body>\r\n</html>\r\n`,
  };
}

const FIND_FACES = "http://compreface-core:3000/find_faces";
const syncError = (message: string) => apiError(500, 41, `Error during synchronization between servers: ${message}`);

/** Errors of the API that are the same for every call. */
export const API_ERRORS = {
  missingKey: apiError(400, 20, "Missing header: x-api-key"),
  badKey: apiError(400, 26, "Service API key should be UUID"),
  badBase64: apiError(400, 21, "Provided value is not Base64"),
  // One text for a source without a face, for such a target, and for bytes that are not an image.
  noFace: apiError(400, 28, "No face is found in the given image"),
  manyFacesInSource: apiError(400, 31, "More than one face in the source image"),
  negativeLimit: apiError(400, 26, "Limit should be equal or greater than 0; "),
  badParameter: emptyAnswer(400),
  unsupportedMediaType: emptyAnswer(415),
  coreUnreachable: syncError(`Connection refused executing POST ${FIND_FACES}`),
  coreConnectTimeout: syncError(`connect timed out executing POST ${FIND_FACES}`),
  coreReadTimeout: syncError(`Read timed out executing POST ${FIND_FACES}`),
  coreRaised: syncError(
    `[500 INTERNAL SERVER ERROR] during [POST] to [${FIND_FACES}?face_plugins=calculator] [FacesFeignClient#findFaces(MultipartFile,Integer,Double,String)]: [{"message":"MXNetError: could not execute a primitive"}\n]`,
  ),
  coreStatusMissing: syncError("No status information received"),
  unexpected: apiError(400, 0, "Something went wrong, please try again"),
} as const satisfies Record<string, HttpReply>;

/** nginx's own answers, which need no API behind it. */
export const GATEWAY_ERRORS = {
  bodyTooLarge: nginxPage(413, "Request Entity Too Large"),
  badGateway: nginxPage(502, "Bad Gateway"),
  gatewayTimeout: nginxPage(504, "Gateway Time-out"),
} as const satisfies Record<string, HttpReply>;

/** 404 for a key that is unknown or of another kind of service; echoes the key. */
export function unknownKey(key: string): HttpReply {
  return apiError(404, 10, `Verification service with API Key ${key} not found`);
}

/** 400 for a multipart form without a file of this name. */
export function missingPart(name: string): HttpReply {
  return apiError(400, 34, `Required part ${name} is missing`);
}

/** 400 for a file whose name does not end as an image's should. */
export function badExtension(fileName: string): HttpReply {
  return apiError(400, 21, `File [${fileName}] has an unavailable extension`);
}

/** 404 for the wrong method on a path that exists. */
export function wrongMethod(method: string): HttpReply {
  return apiError(404, 0, `Request method '${method}' not supported`);
}
