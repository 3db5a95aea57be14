/** Measures the intake over HTTP against peers with Express and Fastify, with the same Redis and the same load. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../dev/servers/free-port.ts";
import type { Part, PartOptions } from "../part.ts";
import { inTurn, ratios } from "../rounds.ts";
import { startServices, type Services } from "../setup/services.ts";

const CONNECTIONS = 32;
const PROGRAMS = {
  ours: "home/main.ts",
  express: "bench/peers/express-service.ts",
  fastify: "bench/peers/fastify-intake.ts",
} as const;

let lastId = 0;

/** Starts a server, and waits until it answers. */
async function start(services: Services, program: string, stack: AsyncDisposableStack) {
  const port = await freePort();
  const child = fork(join(import.meta.dirname, "../..", program), {
    env: { PATH: process.env["PATH"], ...services.environment, API_PORT: String(port), WORKER_CONCURRENCY: "1" },
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  stack.defer(async () => {
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  });
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  stack.defer(() => agent.destroy());
  for (;;) {
    if ((await post(agent, port, "{}").catch(() => 0)) !== 0) return { agent, port };
    await delay(50);
  }
}

async function post(agent: Agent, port: number, body: string): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const headers = { "content-type": "application/json", "x-service-token": "bench", "content-length": body.length };
  request({ agent, port, host: "127.0.0.1", method: "POST", path: "/api/v1/process", headers }, (response) => {
    response.resume().on("end", () => resolve(response.statusCode ?? 0));
  })
    .on("error", reject)
    .end(body);
  return promise;
}

/** Measures requests per second. Each request is for another record. */
async function load({ agent, port }: { agent: Agent; port: number }, requests: number): Promise<number> {
  const startedAt = performance.now();
  let left = requests;
  const caller = async () => {
    while (left-- > 0) {
      const kycId = ++lastId;
      const keys = { passportKey: `kyc/${kycId}/passport.jpg`, selfieKey: `kyc/${kycId}/selfie.jpg` };
      const status = await post(agent, port, JSON.stringify({ userId: 1, kycId, ...keys }));
      if (status !== 202) throw new Error(`HTTP ${status}`);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, caller));
  return (requests / (performance.now() - startedAt)) * 1_000;
}

async function run({ quick }: PartOptions) {
  await using services = await startServices();
  await using stack = new AsyncDisposableStack();
  // Pause the peer's queue, so that its worker takes no job during the measurement.
  await services.redis.hset("bull:peer-jobs:meta", "paused", "1");
  const requests = quick ? 1_000 : 4_000;
  const contenders = {
    ours: await start(services, PROGRAMS.ours, stack),
    express: await start(services, PROGRAMS.express, stack),
    fastify: await start(services, PROGRAMS.fastify, stack),
  };
  const rate = await inTurn(contenders, (contender) => load(contender, requests), {
    rounds: quick ? 3 : 5,
    warmUp: quick ? 1 : 3,
  });
  return {
    figures: [
      {
        what: "requests a second over Express 5",
        values: ratios(rate("ours"), rate("express")),
        unit: "x",
        limit: { atLeast: 1 },
      },
      {
        what: "requests a second over Fastify 5",
        values: ratios(rate("ours"), rate("fastify")),
        unit: "x",
        limit: { atLeast: 0.9 },
      },
    ],
    notes: [
      "Ours is `home/main.ts`, the server for those without API Gateway. The peers do the same work (token, schema, a job in the same Redis, a log line with pino as it comes); ours checks more (Unicode, keys, sizes, misspellings, the token in constant time), keeps the record's latest submission beside the job, and writes its log lines in batches. The load comes from the same machine; the first rounds warm the programs up.",
    ],
  } as const;
}

export const intake: Part = {
  name: "intake",
  title: "Intake over HTTP",
  meaning:
    "How many submissions a second a small machine at home takes, beside a server that a developer would write with Express or Fastify.",
  run,
};
