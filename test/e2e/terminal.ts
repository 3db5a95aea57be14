/** A terminal: a command that runs until Ctrl-C, in a folder that has this one's files and none of its settings. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../docs/openapi-file.ts";

/** What is a person's own, and what a folder makes for itself. */
const NOT_CLONED = new Set([".git", ".env", ".local", ".esbuild", ".serverless", "node_modules"]);

/** What runs leave in `.local` for the next one. */
const CACHES = ["samples", "redis"];

/** What a command gets of this process's environment. */
export const INHERITED = { PATH: process.env["PATH"], HOME: process.env["HOME"] };

/**
 * A folder as after `git clone` and `npm ci`; with `warm`, also with the pictures and the Redis that earlier runs have left
 * here. Disposing of it removes it.
 */
export async function cloneFolder({ warm = true }: { readonly warm?: boolean } = {}) {
  const path = await mkdtemp(join(tmpdir(), "kyc-clone-"));
  for (const name of (await readdir(ROOT)).filter((entry) => !NOT_CLONED.has(entry)))
    await cp(join(ROOT, name), join(path, name), { recursive: true });
  await symlink(join(ROOT, "node_modules"), join(path, "node_modules"));
  await mkdir(join(path, ".local"));
  for (const cache of warm ? CACHES : []) {
    await mkdir(join(ROOT, ".local", cache), { recursive: true });
    await symlink(join(ROOT, ".local", cache), join(path, ".local", cache));
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

interface TypedOptions {
  readonly folder: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** A line that says that it now runs. */
  readonly ready: RegExp;
}

/** Types a command and waits until it runs. Disposing of it is Ctrl-C. */
export async function typeAndWait(command: string, { folder, environment = {}, ready }: TypedOptions) {
  // A group of its own, because Ctrl-C reaches all of a terminal's group.
  const child = spawn("bash", ["-c", command], {
    cwd: folder,
    env: { ...INHERITED, ...environment },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = once(child, "close");
  const printed: string[] = [];
  const stop = async () => {
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(-child.pid, "SIGINT");
    await ended;
  };
  await new Promise<void>((resolve, reject) => {
    for (const input of [child.stdout, child.stderr])
      createInterface({ input }).on("line", (line) => {
        printed.push(line);
        if (ready.test(line)) resolve();
      });
    child.once("close", () => reject(new Error(`${command} has ended:\n${printed.join("\n")}`)));
  });
  return { printed, stop, [Symbol.asyncDispose]: stop };
}
