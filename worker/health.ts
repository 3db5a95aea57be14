/** The container's health check: `GET /health` answers 200 while a verdict can be written, otherwise 503. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigError } from "../lib/config.ts";

interface HealthOptions {
  readonly port: number;
  readonly checks: Readonly<Record<string, () => Promise<void>>>;
  readonly timeoutMs?: number;
  /** Answers `GET /metrics`. */
  readonly metrics?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** The state of a dependency, and how long ago it was last healthy; `null` if it never was. */
interface DependencyState {
  readonly state: "ok" | "unavailable";
  readonly okMsAgo: number | null;
}

/** Starts the health check's server. Resolves with its port. */
export async function startHealthServer({ port, checks, timeoutMs = 2_000, metrics }: HealthOptions) {
  const asks = Object.entries(checks).map(([name, check]) => [name, createAsk(check, timeoutMs)] as const);
  const server = createServer((request, response) => {
    if (request.method === "GET" && request.url === "/metrics" && metrics !== undefined) {
      metrics(request, response);
      return;
    }
    if (request.method !== "GET" || request.url !== "/health") {
      response.writeHead(404).end();
      return;
    }
    void Promise.all(asks.map(async ([name, ask]) => [name, await ask()] as const)).then((states) => {
      const healthy = states.every(([, { state }]) => state === "ok");
      response.writeHead(healthy ? 200 : 503, { "content-type": "application/json" });
      response.end(JSON.stringify({ status: healthy ? "ok" : "unavailable", ...Object.fromEntries(states) }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    const refuse = () => reject(new ConfigError([{ variable: "WORKER_HEALTH_PORT", expected: "a port that is free" }]));
    server.once("error", refuse).listen(port, resolve);
  });
  return {
    port: portOf(server.address()),
    /** Stops answering. */
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const portOf = (address: AddressInfo | string | null) => (typeof address === "object" ? (address?.port ?? 0) : 0);

/** Returns the check of one dependency. While a check runs, further calls wait for it and start no other. */
function createAsk(check: () => Promise<void>, timeoutMs: number): () => Promise<DependencyState> {
  let running: Promise<boolean> | undefined;
  let okAt: number | undefined;

  function start(): Promise<boolean> {
    const answer = Promise.try(check).then(
      () => {
        okAt = performance.now();
        return true;
      },
      () => false,
    );
    return answer.finally(() => (running = undefined));
  }

  return async function ask() {
    running ??= start();
    const isOk = await within(timeoutMs, running);
    const okMsAgo = okAt === undefined ? null : Math.round(performance.now() - okAt);
    return { state: isOk ? "ok" : "unavailable", okMsAgo };
  };
}

/** Resolves with the answer, or with `false` if it does not come in time. */
async function within(timeoutMs: number, answer: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  return Promise.race([answer, timeout]).finally(() => clearTimeout(timer));
}
