/** An HTTP server on loopback for tests. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { listen } from "../dev/servers/listen.ts";

const JSON_TYPE = { "content-type": "application/json" };

/** Starts the server. It ends all connections when it is closed. */
export async function startHttpServer(answer: (request: IncomingMessage, response: ServerResponse) => unknown) {
  let hits = 0;
  const server = createServer((request, response) => {
    hits += 1;
    void answer(request, response);
  });
  const port = await listen(server);

  async function close(): Promise<void> {
    const closed = once(server, "close");
    server.close();
    server.closeAllConnections();
    await closed;
  }

  return {
    url: `http://127.0.0.1:${port}`,
    /** How many requests have come. */
    hits: () => hits,
    close,
    [Symbol.asyncDispose]: close,
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
