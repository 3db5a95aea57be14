/** Whether a test file leaves something open: a socket, a server, a timer, a child process. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

/** For 5 s on a quiet machine: ioredis waits up to 2 s for a connection that it gave up. */
const POLLS = 250;
const PAUSE_MS = 20;

const atStart = process.getActiveResourcesInfo();

/** What keeps this process alive now and did not when this file was loaded, such as `TCPSocketWrap` or `Timeout`. */
function opened(): string[] {
  const before = [...atStart];
  return process.getActiveResourcesInfo().filter((kind) => {
    const index = before.indexOf(kind);
    if (index !== -1) before.splice(index, 1);
    return index === -1;
  });
}

/** Fails if something was left open. To be called at the end of a file's last `after` hook. */
export async function assertNothingOpen(): Promise<void> {
  for (let polls = 0; opened().length > 0 && polls < POLLS; polls++) await delay(PAUSE_MS);
  assert.deepEqual(opened(), [], "the tests of this file left something open");
}
