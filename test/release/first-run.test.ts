/**
 * The first run on a machine that has no cache of this project and is busy with other work: a copy of this folder,
 * without the files that earlier runs have drawn and fetched, beside eight busy loops.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { freePort } from "../../dev/servers/free-port.ts";
import { PORTS_IN_A_ROW } from "../../dev/stack/ports.ts";
import { cloneFolder, INHERITED, typeAndWait } from "../e2e/terminal.ts";
import { keepBusy } from "./busy-machine.ts";

const resources = new AsyncDisposableStack();
let folder: string;

before(async () => {
  folder = resources.use(await cloneFolder({ warm: false })).path;
  resources.use(keepBusy());
});

after(() => resources.disposeAsync());

test("on a busy machine, npm run demo runs every sample case to its end", async () => {
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile("npm", ["run", "demo"], { cwd: folder, env: INHERITED }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, output: stdout + stderr });
    });
  });
  assert.equal(code, 0, output);
  assert.match(output, /(\d+) of \1 cases ended as they should/);
  assert.match(output, /Sample pictures: those of (\d+) of \1 cases[^]*Submitting/);
});

test("on a busy machine, npm start prints all addresses", async () => {
  const environment = { PORT: String(await freePort()), CONSOLE_PORT: String(await freePort(PORTS_IN_A_ROW)) };
  await using start = await typeAndWait("npm start", { folder, environment, ready: /Stop with Ctrl-C/ });
  assert.ok(start.printed.some((line) => line.startsWith("Console ")));
  assert.equal((await fetch(`http://127.0.0.1:${environment.PORT}/health`)).status, 200);
});
