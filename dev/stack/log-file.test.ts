import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { ServerStartError } from "../servers/server-process.ts";
import { openLogFile } from "./log-file.ts";

test("the log file of a run has the lines of its processes and the stack of an error, of which a person reads a sentence", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "kyc-test-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "logs", "demo.log");
  {
    await using log = await openLogFile(path);
    log.write("worker", "worker ready");
    const failure = new ServerStartError("Redis stopped while it was starting", ["no such setting"]);
    assert.equal(log.explain(failure), `Redis stopped while it was starting.\nWhat the processes logged: ${path}`);
  }
  const text = await readFile(path, "utf8");
  assert.match(text, /^worker +worker ready$/m);
  assert.match(text, /^no such setting$/m);
  assert.match(text, /^ +at /m);
});
