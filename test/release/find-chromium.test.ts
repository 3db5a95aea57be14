import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { findChromium } from "./find-chromium.ts";

/** A fake machine with these programs. `apt-get install` adds Chromium if `mayInstall` is set. */
async function machine(
  t: TestContext,
  { programs, mayInstall = false }: { programs: Record<string, string>; mayInstall?: boolean },
) {
  const home = await mkdtemp(join(tmpdir(), "kyc-test-"));
  t.after(() => rm(home, { recursive: true }));
  const known: Record<string, string> = { ...programs };
  const commands: string[] = [];
  return {
    commands,
    options: {
      home,
      otherPaths: [],
      lookup: async (program: string) => known[program],
      run: async (command: string, args: readonly string[]) => {
        if (args[0] === "--version") return { stdout: command.includes("stub") ? "please install me" : "Chromium 156" };
        commands.push([command, ...args].join(" "));
        if (!mayInstall) throw new Error("a password is required");
        if (args.includes("install")) known["chromium"] = "/usr/bin/chromium";
        return { stdout: "" };
      },
    },
  };
}

test("Chromium is found on the PATH under any of its names, unless it is a placeholder that cannot run", async (t) => {
  const { options, commands } = await machine(t, {
    programs: { "chromium-browser": "/usr/bin/stub", "google-chrome": "/opt/chrome" },
  });
  assert.equal(await findChromium(options), "/opt/chrome");
  assert.deepEqual(commands, []);
});

test("if Chromium is missing, the package manager installs it without asking", async (t) => {
  const { options, commands } = await machine(t, { programs: { "apt-get": "/usr/bin/apt-get" }, mayInstall: true });
  const said: string[] = [];
  const progress = (line: string) => said.push(line);
  assert.equal(await findChromium({ ...options, isRoot: false, progress }), "/usr/bin/chromium");
  assert.deepEqual(commands, [
    "env sudo -n apt-get update",
    "env sudo -n apt-get install --yes --no-install-recommends chromium",
  ]);
  assert.match(said.join(), /installing it with apt-get/);
});

test("if Chromium may not be installed, the error has the command to run and the reason", async (t) => {
  const { options } = await machine(t, { programs: { "apt-get": "/usr/bin/apt-get" } });
  await assert.rejects(
    findChromium(options),
    /sudo apt-get update && sudo apt-get install -y chromium[\s\S]*a password is required/,
  );
  const { options: bare } = await machine(t, { programs: {} });
  await assert.rejects(findChromium(bare), /Install it so that chromium is on the PATH/);
});
