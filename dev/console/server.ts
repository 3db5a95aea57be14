/** The console's HTTP server: the page, its calls and bull-board, on 127.0.0.1 only. */
import express, { type ErrorRequestHandler, type RequestHandler, type Router } from "express";
import { join } from "node:path";
import { startHttpServer } from "../servers/listen.ts";
import type { Context } from "./context.ts";
import { refusalOf } from "./guard.ts";
import { BOARD_PATH } from "./queue-watch.ts";
import { createRoutes } from "./routes.ts";

const PAGE = join(import.meta.dirname, "page");
const MRZ_FONT = join(import.meta.dirname, "../samples/drawing/fonts/ocr-b.otf");

const HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
};

/** bull-board sets inline styles, and asks a public host for fonts: nothing of this page leaves the machine. */
const BOARD_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'none'";

const guard: RequestHandler = (request, response, next) => {
  response.set(HEADERS);
  const refusal = refusalOf(request, request.socket.localPort ?? 0);
  if (refusal === undefined) next();
  else response.status(403).json({ error: refusal });
};

// Express knows a handler of errors by its four parameters.
const answerError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  if (response.headersSent) return void response.destroy();
  response.status(500).json({ error: `The console failed: ${error instanceof Error ? error.message : String(error)}` });
};

/** Starts the server, on any free port by default; resolves once it takes connections. */
export function startConsoleServer(context: Context, board: Router, port?: number) {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(guard);
  app.use(
    BOARD_PATH,
    (_request, response, next) => {
      response.set("content-security-policy", BOARD_POLICY).removeHeader("cache-control");
      next();
    },
    board,
  );
  app.use("/api", createRoutes(context));
  app.use(express.static(PAGE, { cacheControl: false, etag: false, lastModified: false }));
  app.get("/ocr-b.otf", (_request, response) => response.sendFile(MRZ_FONT, { cacheControl: false }));
  app.use((_request, response) => void response.status(404).json({ error: "There is nothing here." }));
  app.use(answerError);
  return startHttpServer(app, port);
}
