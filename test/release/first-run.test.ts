/**
 * The first run on a machine that has no cache of ours and is busy with other work: a copy of this folder, without what
 * earlier runs have drawn and fetched, beside eight busy loops.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { freePort } from "../../dev/servers/free-port.ts";
import { PORTS_IN_A_ROW } from "../../dev/stack/ports.ts";
import { ROOT } from "../docs/openapi-file.ts";
import { keepBusy } from "./busy-machine.ts";

/** What a fresh clone does not have. */
const NOT_CLONED = new Set([".git", ".env", ".local", "node_modules"]);

const resources = new AsyncDisposableStack();
const environment = { PATH: process.env["PATH"], HOME: process.env["HOME"] };
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "kyc-first-run-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  for (const name of (await readdir(ROOT)).filter((entry) => !NOT_CLONED.has(entry)))
    await cp(join(ROOT, name), join(folder, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  resources.use(keepBusy());
});

after(() => resources.disposeAsync());

test("first run on a busy machine: npm run demo runs every sample case to its end", async () => {
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile("npm", ["run", "demo"], { cwd: folder, env: environment }, (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, output: stdout + stderr });
    });
  });
  assert.equal(code, 0, output);
  assert.match(output, /(\d+) of \1 cases ended as they should/);
  assert.match(output, /Sample pictures: those of (\d+) of \1 cases[^]*Submitting/);
});

test("first run on a busy machine: npm start says where everything is", async () => {
  const ports = { PORT: String(await freePort()), CONSOLE_PORT: String(await freePort(PORTS_IN_A_ROW)) };
  const start = spawn("npm", ["start"], {
    cwd: folder,
    env: { ...environment, ...ports },
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(start, "exit");
  const lines: string[] = [];
  for await (const line of createInterface(start.stdout)) {
    lines.push(line);
    if (line.startsWith("API ")) break;
  }
  assert.equal(lines.at(-1)?.startsWith("API "), true, lines.join("\n"));
  assert.equal((await fetch(`http://127.0.0.1:${ports.PORT}/health`)).status, 200);
  if (start.pid !== undefined) process.kill(-start.pid, "SIGINT");
  await exited;
});
