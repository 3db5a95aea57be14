/** The container's health check: `GET /health` answers 200 while the queue and the database can be reached, else 503. */
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

/** Starts the health check's server; resolves with the port it listens on. */
export async function startHealthServer({ port, checks, timeoutMs = 2_000, metrics }: HealthOptions) {
  const server = createServer((request, response) => {
    if (request.method === "GET" && request.url === "/metrics" && metrics !== undefined) {
      metrics(request, response);
      return;
    }
    if (request.method !== "GET" || request.url !== "/health") {
      response.writeHead(404).end();
      return;
    }
    void probeAll(checks, timeoutMs).then((states) => {
      const healthy = Object.values(states).every((state) => state === "ok");
      response.writeHead(healthy ? 200 : 503, { "content-type": "application/json" });
      response.end(JSON.stringify({ status: healthy ? "ok" : "unavailable", ...states }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    const refuse = () => reject(new ConfigError([{ variable: "WORKER_HEALTH_PORT", expected: "a port that is free" }]));
    server.once("error", refuse).listen(port, resolve);
  });
  return {
    port: portOf(server.address()),
    /** Stops to answer. */
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const portOf = (address: AddressInfo | string | null) => (typeof address === "object" ? (address?.port ?? 0) : 0);

async function probeAll(
  checks: HealthOptions["checks"],
  timeoutMs: number,
): Promise<Record<string, "ok" | "unavailable">> {
  const states = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => [name, await probe(check, timeoutMs)] as const),
  );
  return Object.fromEntries(states);
}

async function probe(check: () => Promise<void>, timeoutMs: number): Promise<"ok" | "unavailable"> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<"unavailable">((resolve) => {
    timer = setTimeout(() => resolve("unavailable"), timeoutMs);
  });
  const answer = Promise.try(check).then(
    () => "ok" as const,
    () => "unavailable" as const,
  );
  return Promise.race([answer, timeout]).finally(() => clearTimeout(timer));
}
