/** Ports on which nothing listens. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { listen } from "./listen.ts";

/**
 * A port of 127.0.0.1 that nothing listens on now, nor on those that follow it where `inARow` is more than 1. Another process
 * may still take it first: be ready to try again.
 */
export async function freePort(inARow = 1): Promise<number> {
  for (;;) {
    // Below the range from which systems take the ports of outgoing connections (32768 on Linux, 49152 on macOS): so a
    // server that is killed and started again finds its port still free.
    const first = randomInt(20_000, 32_000);
    const free = await Promise.all(Array.from({ length: inARow }, (_, index) => isPortFree(first + index)));
    if (free.every(Boolean)) return first;
  }
}

/** Whether nothing listens on this port of 127.0.0.1. */
export async function isPortFree(port: number): Promise<boolean> {
  await using server = createServer();
  return await listen(server, port).then(
    () => true,
    () => false,
  );
}
