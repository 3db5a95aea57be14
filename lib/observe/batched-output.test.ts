/** No line is lost when a process ends in a way that it notices. Each test ends a process of its own. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { text } from "node:stream/consumers";

const LINES = 1_000;

/** Writes the lines, then runs `end`. */
async function outputOf(end: string): Promise<string> {
  const program = `
    const { createBatchedOutput } = await import(${JSON.stringify(import.meta.resolve("./batched-output.ts"))});
    const write = createBatchedOutput();
    for (let line = 1; line <= ${LINES}; line++) write(\`{"line":\${line}}\\n\`);
    ${end}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [output] = await Promise.all([text(child.stdout), once(child, "exit")]);
  return output;
}

const expected = Array.from({ length: LINES }, (_, index) => `{"line":${index + 1}}\n`).join("");

for (const [name, end] of Object.entries({
  "an exit right after the last line": "process.exit(0);",
  "an uncaught error": "setImmediate(() => { throw new Error('crash'); });",
  "an unhandled rejection": "Promise.reject(new Error('crash'));",
  "the end of all work": "",
})) {
  test(`all lines are written once and in order: ${name}`, async () => {
    assert.equal(await outputOf(end), expected);
  });
}

test("a single line is written at once", async () => {
  const program = `
    const { createBatchedOutput } = await import(${JSON.stringify(import.meta.resolve("./batched-output.ts"))});
    createBatchedOutput()("a line\\n");
    process.stdin.resume();`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { stdio: ["pipe", "pipe", "ignore"] });
  const [chunk]: unknown[] = await once(child.stdout, "data");
  assert.equal(String(chunk), "a line\n");
  child.stdin.end();
  await once(child, "exit");
});
