/** How long a caller waits for Redis, and when Redis is asked again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { QueueUnavailableError } from "../errors.ts";
import { withinPatience } from "./patience.ts";

/** A command that fails so many times, and counts how often it is sent. */
function command(failures: number) {
  let sent = 0;
  const send = async () => {
    sent += 1;
    if (sent <= failures) throw new Error("the connection was reset");
    return "OK";
  };
  return { send, sent: () => sent };
}

test("a command that failed is sent once more, and no third time", async () => {
  assert.equal(await withinPatience(60_000, command(1).send), "OK");
  const failing = command(2);
  await assert.rejects(withinPatience(60_000, failing.send), QueueUnavailableError);
  assert.equal(failing.sent(), 2);
});

test("a command is not sent again once its caller has given up, because it would take effect late", async () => {
  const failing = command(1);
  await assert.rejects(withinPatience(1, failing.send), /did not answer in time/);
  // Timers fire in the order in which they are due: after this one, the wait before a second try is over.
  await delay(200);
  assert.equal(failing.sent(), 1);
});
