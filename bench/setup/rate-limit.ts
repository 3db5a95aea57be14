/** A TCP proxy on 127.0.0.1 that limits the rate to the server with a token bucket. All connections share it. */
import { connect, createServer, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { listen } from "../../dev/servers/listen.ts";

const TICK_MS = 5;

interface LimitOptions {
  readonly targetPort: number;
  /** The rate from clients to the server. Answers are small and not limited. */
  readonly bytesPerSecond: number;
}

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  /** Bytes that were read from the client, but not sent yet. */
  waiting: Buffer[];
}

/** Shares the bucket between the lines in turn. */
function createBucket(lines: Set<Line>, bytesPerSecond: number) {
  const capacity = (bytesPerSecond * TICK_MS * 4) / 1_000;
  let tokens = 0;
  let filledAt = performance.now();

  function fill(): void {
    const now = performance.now();
    tokens = Math.min(capacity, tokens + ((now - filledAt) * bytesPerSecond) / 1_000);
    filledAt = now;
  }

  function send(line: Line): void {
    while (tokens >= 1) {
      const [first] = line.waiting;
      if (first === undefined) break;
      const size = Math.min(first.length, Math.floor(tokens));
      tokens -= size;
      line.server.write(first.subarray(0, size));
      if (size < first.length) line.waiting[0] = first.subarray(size);
      else line.waiting.shift();
    }
    if (line.waiting.length === 0) line.client.resume();
  }

  /** Sends as many bytes as the bucket has tokens. */
  return function drain(): void {
    fill();
    for (const line of lines) {
      send(line);
      // Move the last served line to the end, so that all lines get the same share.
      if (tokens < 1) {
        lines.delete(line);
        lines.add(line);
        break;
      }
    }
  };
}

/** Starts the proxy on a free port. */
export async function startRateLimit({ targetPort, bytesPerSecond }: LimitOptions) {
  const lines = new Set<Line>();
  const closings: number[] = [];
  const drain = createBucket(lines, bytesPerSecond);

  const listener = createServer({ noDelay: true }, (client) => {
    const line: Line = { client, server: connect({ port: targetPort, host: "127.0.0.1", noDelay: true }), waiting: [] };
    lines.add(line);
    client.on("data", (bytes) => {
      // Read no more until these bytes are sent: the client sees a slow network.
      client.pause();
      line.waiting.push(bytes);
      drain();
    });
    line.server.on("data", (bytes) => void client.write(bytes));
    client.on("close", () => closings.push(performance.timeOrigin + performance.now()));
    for (const [near, far] of [
      [client, line.server],
      [line.server, client],
    ] as const) {
      near.on("error", () => {});
      near.on("close", () => {
        far.destroy();
        lines.delete(line);
      });
    }
  });

  const timer = setInterval(drain, TICK_MS);
  const port = await listen(listener);

  return {
    port,
    /** When clients closed their connections, in milliseconds since 1970. */
    closings,
    close(): void {
      clearInterval(timer);
      listener.close();
      for (const { client } of lines) client.destroy();
    },
  };
}
