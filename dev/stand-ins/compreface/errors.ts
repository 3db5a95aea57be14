/** What port 8000 of CompreFace answers when it does not compare, word for word: the API's codes, the core, and nginx. */
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
export const emptyAnswer = (status: number): HttpReply => ({ status, body: "", headers: CORS });

const apiError = (status: number, code: number, message: string) => apiJson(status, { message, code });

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

/** 404 for a key that is unknown or of another kind of service; echoes the key. */
export const unknownKey = (key: string) => apiError(404, 10, `Verification service with API Key ${key} not found`);

/** 400 for a multipart form without a file of this name. */
export const missingPart = (name: string) => apiError(400, 34, `Required part ${name} is missing`);

/** 400 for a file whose name does not end as an image's should. */
export const badExtension = (name: string) => apiError(400, 21, `File [${name}] has an unavailable extension`);

/** 404 for the wrong method on a path that exists. */
export const wrongMethod = (method: string) => apiError(404, 0, `Request method '${method}' not supported`);

/** Spring's answer to a path that no controller has. */
export function unknownPath(path: string): HttpReply {
  return apiJson(404, { timestamp: new Date().toISOString(), status: 404, error: "Not Found", path });
}

/** Flask's answer, through nginx. */
function coreJson(status: number, body: object): HttpReply {
  const headers = { "access-control-allow-origin": "*" };
  return { status, contentType: "application/json", body: `${JSON.stringify(body)}\n`, headers };
}

/** The core's own answers, which need no key. */
export const CORE = {
  health: coreJson(200, { status: "OK" }),
  notFound: coreJson(404, {
    message:
      "404 Not Found: The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
  }),
};

function nginxPage(status: number, name: string): HttpReply {
  const title = `${status} ${name}`;
  const body = `<html>\r\n<head><title>${title}</title></head>\r\n<body>\r\n<center><h1>${title}</h1></center>\r\n<hr><center>nginx/1.23.2</center>\r\n</body>\r\n</html>\r\n`;
  return { status, contentType: "text/html", body };
}

/** nginx's own answers, which need no API behind it. */
export const GATEWAY_ERRORS = {
  bodyTooLarge: nginxPage(413, "Request Entity Too Large"),
  badGateway: nginxPage(502, "Bad Gateway"),
  gatewayTimeout: nginxPage(504, "Gateway Time-out"),
} as const satisfies Record<string, HttpReply>;

/** The UI's page. nginx serves it for every path that it does not know, for example `/healthcheck`. */
export const UI: Readonly<Record<"page" | "notAllowed", HttpReply>> = {
  page: {
    status: 200,
    contentType: "text/html",
    body: `<!doctype html>\n<html lang="en">\n<head>\n  <meta charset="utf-8">\n  <title>CompreFace</title>\n  <base href="/">\n  <meta name="viewport" content="width=device-width, initial-scale=1">\n  <link rel="icon" type="image/x-icon" href="favicon.ico">\n</head>\n<body>\n  <app-root></app-root>\n  <script src="runtime.js" defer></script><script src="main.js" defer></script>\n</body>\n</html>\n`,
  },
  notAllowed: nginxPage(405, "Not Allowed"),
};
