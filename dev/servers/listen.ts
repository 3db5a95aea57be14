/** Starts and stops HTTP servers of this process, on loopback. */
import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { Server } from "node:net";

const HOST = "127.0.0.1";

/** Listens on loopback, on any free port by default. Resolves with the port. */
export async function listen(server: Server, port = 0): Promise<number> {
  server.listen(port, HOST);
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port");
  return address.port;
}

/** Starts an HTTP server and resolves once it takes connections. */
export async function startHttpServer(answer: RequestListener, port = 0) {
  const server = createServer(answer);
  const ownPort = await listen(server, port);
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = server[Symbol.asyncDispose]();
    server.closeAllConnections();
    await closed;
  };
  return {
    url: `http://${HOST}:${ownPort}`,
    /** Stops at once, also where an answer hangs. */
    close,
    [Symbol.asyncDispose]: close,
  };
}
