import assert from "node:assert/strict";
import { access, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { startServerProcess } from "./server-process.ts";

const SERVER = `
import { createServer } from "node:net";
const port = Number(process.argv[2]);
if (process.argv[3] === "broken") throw new Error("no such setting");
process.on("SIGTERM", () => { process.exit(); });
createServer().on("error", (error) => { console.error(error.message); process.exit(1); })
  .listen(port, "127.0.0.1", () => console.log("ready"));
`;

async function program(kind = "good") {
  const scratch = await mkdtemp(join(tmpdir(), "kyc-test-"));
  const script = join(scratch, "server.mjs");
  await writeFile(script, SERVER);
  return {
    name: "Test server",
    command: process.execPath,
    args: (port: number) => [script, String(port), kind],
    readyLine: /^ready$/,
    stopSignal: "SIGTERM",
    scratch,
  } as const;
}

function lives(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("a frozen server is stopped too", async () => {
  const server = await startServerProcess(await program());
  await server.kill("SIGSTOP");
  assert.equal(server.ended, false);
  await server.stop();
  assert.equal(lives(server.pid), false);
});

test("a server takes another port if another process has just taken its port", async () => {
  const first = await startServerProcess(await program());
  const settings = await program();
  const tried: number[] = [];
  const second = await startServerProcess({
    ...settings,
    args: (port) => {
      tried.push(port);
      return settings.args(tried.length === 1 ? first.port : port);
    },
  });
  assert.equal(tried.length, 2);
  assert.equal(second.port, tried[1]);
  await Promise.all([first.stop(), second.stop()]);
});

test("a server that is stopped during a restart is not started again", async () => {
  const settings = await program();
  const server = await startServerProcess(settings);
  const restarted = server.restart();
  await Promise.all([server.stop(), assert.rejects(restarted, /Test server was stopped while it was starting/)]);
  assert.equal(lives(server.pid), false);
  await assert.rejects(access(settings.scratch), { code: "ENOENT" });
});

test("a server that is stopped while its restart waits for its port does not wait on", async () => {
  const server = await startServerProcess(await program());
  await server.kill("SIGKILL");
  await using other = await startServerProcess({ ...(await program()), port: server.port });
  const restarted = server.restart();
  await Promise.all([server.stop(), assert.rejects(restarted, /Test server was stopped while it was starting/)]);
  assert.ok(lives(other.pid));
});

test("a server that fails to start says why, and leaves nothing", async () => {
  const settings = await program("broken");
  await assert.rejects(startServerProcess(settings), /Test server stopped while it was starting:[^]*no such setting/);
  await assert.rejects(access(settings.scratch), { code: "ENOENT" });
});

test("a server that cannot be run says so", async () => {
  const settings = { ...(await program()), command: "/nonexistent/server" };
  await assert.rejects(startServerProcess(settings), /Test server cannot be run: .*ENOENT/);
  await assert.rejects(access(settings.scratch), { code: "ENOENT" });
});
