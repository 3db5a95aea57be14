/** What port 8000 answers besides the API: the UI's page, and the paths that need no key. */
import { apiJson, nginxPage } from "./errors.ts";
import type { HttpReply } from "../reply.ts";

/** The UI's page. nginx serves it for every path that it does not know, for example `/healthcheck`. */
const INDEX_HTML: HttpReply = {
  status: 200,
  contentType: "text/html",
  body: `<!doctype html>\n<html lang="en">\n<head>\n  <meta charset="utf-8">\n  <title>CompreFace</title>\n  <base href="/">\n  <meta name="viewport" content="width=device-width, initial-scale=1">\n  <link rel="icon" type="image/x-icon" href="favicon.ico">\n</head>\n<body>\n  <app-root></app-root>\n  <script src="runtime.js" defer></script><script src="main.js" defer></script>\n</body>\n</html>\n`,
};

/** A file server's answer: the UI's page to GET and HEAD; it allows no other method. */
export function uiPage(method: string): HttpReply {
  return method === "GET" || method === "HEAD" ? INDEX_HTML : nginxPage(405, "Not Allowed");
}

/** Flask's answers, through nginx. */
function coreJson(status: number, body: object): HttpReply {
  return {
    status,
    contentType: "application/json",
    body: `${JSON.stringify(body)}\n`,
    headers: { "access-control-allow-origin": "*" },
  };
}

/** The health of the core itself, without a key. */
export const CORE_HEALTH: HttpReply = coreJson(200, { status: "OK" });

/** Paths of the core, below `/core`. */
export function coreAnswer(method: string, path: string): HttpReply {
  if (method === "GET" && path === "/core/healthcheck") return CORE_HEALTH;
  return coreJson(404, {
    message:
      "404 Not Found: The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.",
  });
}

/** Spring's answer to a path that no controller has. */
export function unknownPath(path: string): HttpReply {
  return apiJson(404, { timestamp: new Date().toISOString(), status: 404, error: "Not Found", path });
}
