/** An HTTP server on loopback for tests. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { startHttpServer as startServer } from "../../dev/servers/listen.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** Starts the server. It ends all connections when it is closed. */
export async function startHttpServer(answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  let hits = 0;
  const server = await startServer((request, response) => {
    hits += 1;
    void answer(request, response);
  });
  return {
    ...server,
    /** How many requests have come. */
    hits: () => hits,
  };
}

/** One answer for everything: a text, or a value as JSON. */
export const always =
  (
    status: number,
    body: string | object = "",
    headers: Readonly<Record<string, string>> = JSON_TYPE,
  ): RequestListener =>
  (request, response) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    request.resume().on("end", () => response.writeHead(status, headers).end(text));
  };
