/** Whether a test file leaves something open: a socket, a server, a timer, a child process. */
import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";

/** How long what was told to close may take to be gone: ioredis waits up to 2 s for a connection that it gave up. */
const PATIENCE_MS = 5_000;
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

/** Fails where something was left open. To be called at the end of a file's last `after` hook. */
export async function assertNothingOpen(): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (opened().length > 0 && Date.now() < deadline) await delay(PAUSE_MS);
  assert.deepEqual(opened(), [], "the tests of this file left something open");
}
