/** The console's HTTP server: the page, its calls and bull-board, on 127.0.0.1 only. */
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { join } from "node:path";
import { refusalOf } from "./guard.ts";
import { BOARD_PATH } from "./queue-watch.ts";
import { sendJson, type Answer } from "./routes.ts";

const HOST = "127.0.0.1";
const PAGE = join(import.meta.dirname, "page");
const FONTS = join(import.meta.dirname, "../samples/drawing/fonts");

/** What is served of the page, by the end of a file's name. */
const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
  otf: "font/otf",
};

const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** bull-board sets inline styles, and asks a public host for fonts: nothing of this page leaves the machine. */
const BOARD_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

/** A file of the page; `undefined` if there is no such one. */
async function readPageFile(path: string) {
  const [, name, ending = ""] = /^\/([\w-]+)\.(\w+)$/.exec(path === "/" ? "/index.html" : path) ?? [];
  const type = CONTENT_TYPES[ending];
  const file = join(ending === "otf" ? FONTS : PAGE, `${name}.${ending}`);
  const bytes = type === undefined ? undefined : await readFile(file).catch(() => undefined);
  return type === undefined || bytes === undefined ? undefined : { type, bytes };
}

interface ServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly answer: Answer;
  readonly board: RequestListener;
}

/** Starts the server; resolves once it takes connections. */
export async function startConsoleServer({ port, answer, board }: ServerOptions) {
  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [path = "/"] = (request.url ?? "/").split("?");
    const { method = "", headers } = request;
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("referrer-policy", "no-referrer");
    response.setHeader("cross-origin-resource-policy", "same-origin");
    const refusal = refusalOf({ method, path, headers, port: request.socket.localPort ?? 0 });
    if (refusal !== undefined) return sendJson(response, 403, { error: refusal });
    if (path === BOARD_PATH || path.startsWith(`${BOARD_PATH}/`)) {
      response.setHeader("content-security-policy", BOARD_POLICY);
      board(request, response);
      return;
    }
    response.setHeader("content-security-policy", PAGE_POLICY);
    if (path.startsWith("/api/")) return answer(path.split("/").slice(2), request, response);
    const file = method === "GET" ? await readPageFile(path) : undefined;
    if (file === undefined) return sendJson(response, 404, { error: "There is nothing here." });
    response.writeHead(200, { "content-type": file.type, "cache-control": "no-store" }).end(file.bytes);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy();
      const message = error instanceof Error ? error.message : String(error);
      sendJson(response, 500, { error: `The console failed: ${message}` });
    });
  });
  server.listen(port, HOST);
  await once(server, "listening");
  const address = server.address();
  return {
    url: `http://${HOST}:${typeof address === "object" ? address?.port : port}`,
    /** Stops at once. */
    async close(): Promise<void> {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
