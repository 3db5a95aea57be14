import assert from "node:assert/strict";
import { test } from "node:test";
import { createStartLog } from "./start-log.ts";

test("once all stops, the worker is heard to its end, and the functions and their bundler no more", () => {
  const printed: string[] = [];
  const log = createStartLog((line) => printed.push(line));
  log.take("functions", "Server ready");
  log.take("functions", " ");
  log.stop();
  log.take("functions", "fatal error: all goroutines are asleep - deadlock!");
  log.take("worker", '{"msg":"worker stopped"}');
  assert.deepEqual(printed, ["functions Server ready", 'worker    {"msg":"worker stopped"}']);
});
