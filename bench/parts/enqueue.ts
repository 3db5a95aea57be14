/** Measures how long a submission takes into the queue. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import * as z from "zod/mini";
import { createQueue } from "../../lib/queue/queue.ts";
import { connectForCaller } from "../../lib/queue/redis.ts";
import { startRedis } from "../../dev/servers/redis.ts";
import { startTcpProxy } from "../../test/servers/tcp-proxy.ts";
import type { Part, PartOptions } from "../part.ts";
import { inTurn, ratios } from "../rounds.ts";

const roundSchema = z.object({ name: z.string(), p50Us: z.number(), perSecond: z.number() });
/** Long enough that all other durations are small in comparison. */
const ONE_WAY_MS = 50;

/** Measures the first submission over a new connection in round trips, without those of connecting. */
async function firstRequestRoundTrips(redisPort: number): Promise<number> {
  const proxy = await startTcpProxy({ targetPort: redisPort });
  proxy.delay(ONE_WAY_MS);
  const queue = createQueue({
    redis: connectForCaller(`redis://127.0.0.1:${proxy.port}`, { onError: () => {} }),
    prefix: "first",
    attempts: 5,
    backoffMs: 2_000,
  });
  const startedAt = performance.now();
  await queue.enqueue({ userId: 1, kycId: Math.ceil(startedAt), passportKey: "a", selfieKey: "b" });
  const took = performance.now() - startedAt;
  await queue.close();
  await proxy.close();
  return took / (2 * ONE_WAY_MS);
}

async function run({ quick }: PartOptions) {
  await using redis = await startRedis();
  const rounds: z.infer<typeof roundSchema>[] = [];
  const child = fork(join(import.meta.dirname, "enqueue-rounds.ts"), [redis.url, quick ? "5" : "12", "3000"], {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  child.on("message", (message) => rounds.push(roundSchema.parse(message)));
  await once(child, "exit");
  const of = (name: string) => rounds.filter((round) => round.name === name);
  const p50 = (name: string) => of(name).map(({ p50Us }) => p50Us);
  const rate = (name: string) => of(name).map(({ perSecond }) => perSecond);

  const first = await inTurn({ first: redis.port }, firstRequestRoundTrips, { rounds: quick ? 3 : 9, warmUp: 1 });
  return {
    figures: [
      {
        what: "p50 of the handler with a real add over a bare EVALSHA",
        values: ratios(p50("handler"), p50("evalsha")),
        unit: "x",
        limit: { atMost: 2.2 },
      },
      { what: "p50 of a bare queue.add over a bare EVALSHA", values: ratios(p50("add"), p50("evalsha")), unit: "x" },
      {
        what: "operations a second of the handler with add over a bare queue.add",
        values: ratios(rate("handler"), rate("add")),
        unit: "x",
        limit: { atLeast: 0.8 },
      },
      {
        what: "first request on a new connection, after connect",
        values: first("first"),
        unit: "round trips",
        limit: { atMost: 1.5 },
      },
      {
        what: "time of a duplicate submission over a new one",
        values: ratios(p50("duplicate"), p50("handler")),
        unit: "x",
        limit: { atMost: 1 },
      },
    ],
    notes: [
      "One at a time, one connection. The handler is the whole function: token, body, schema, queue, log line (to the null device).",
    ],
  } as const;
}

export const enqueue: Part = {
  name: "enqueue",
  title: "Enqueue: from the request to the queue",
  meaning: "How long the backend waits for its 202, beside putting the job into the queue without any check.",
  run,
};
