/** Finds a Redis for the stack and the tests, or fetches one. */
import { execFile } from "node:child_process";
import { access, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { unpackRedis } from "./find-redis-apt.ts";
import { oneAtATime } from "./lock-file.ts";

const run = promisify(execFile);

/** The project's own folder for what it fetched: not under version control, safe to delete. */
const LOCAL_FOLDER = join(import.meta.dirname, "../..", ".local");

/** BullMQ refuses what is older. */
const MINIMUM_MAJOR_VERSION = 5;

/** Where a program is, if the system knows it. */
export type Lookup = (program: string) => Promise<string | undefined>;

export interface FindRedisOptions {
  readonly home?: string;
  readonly lookup?: Lookup;
  readonly progress?: ((line: string) => void) | undefined;
}

/**
 * The path of a `redis-server` (or of Valkey, its drop-in): the one on the PATH, else one fetched before, else one that
 * the system's package manager fetches now without asking anything. No system service is started, nor one that runs
 * disturbed.
 *
 * On Debian and Ubuntu the package is only unpacked, into the project's `.local` folder: that takes no root, no lock
 * of the package manager, and leaves the system as it is. Processes that look at the same time fetch it once.
 *
 * @throws when all that fails; the message has the one line to run.
 */
export async function findRedis({
  home = LOCAL_FOLDER,
  lookup = lookUpOnPath,
  progress = () => {},
}: FindRedisOptions = {}): Promise<string> {
  const fetched = join(home, "redis", "redis-server");
  const find = async () => (await findInstalled(lookup, home)) ?? ((await isRedis(fetched)) ? fetched : undefined);
  const found = await find();
  if (found !== undefined) return found;

  await mkdir(home, { recursive: true });
  return oneAtATime(join(home, "redis.lock"), async () => {
    const foundMeanwhile = await find();
    if (foundMeanwhile !== undefined) return foundMeanwhile;
    const trouble = await install(lookup, join(home, "redis"), progress);
    const installed = await find();
    if (installed === undefined) throw new Error(await howToInstall(lookup, trouble));
    return installed;
  });
}

async function findInstalled(lookup: Lookup, home: string): Promise<string | undefined> {
  for (const name of ["redis-server", "valkey-server"]) {
    const path = await lookup(name);
    if (path !== undefined && (await isRedis(path))) return path;
  }
  // The checker is the server under another name; Debian's redis-tools has only that.
  const checker = await lookup("redis-check-rdb");
  if (checker === undefined) return undefined;
  const link = join(home, "redis-tools", "redis-server");
  await mkdir(join(home, "redis-tools"), { recursive: true });
  await symlink(checker, link).catch(() => {});
  return (await isRedis(link)) ? link : undefined;
}

async function isRedis(path: string): Promise<boolean> {
  try {
    await access(path);
    const { stdout } = await run(path, ["--version"]);
    const version = /(?:redis|valkey) server v=(\d+)/i.exec(stdout)?.[1];
    return version !== undefined && Number(version) >= MINIMUM_MAJOR_VERSION;
  } catch {
    return false;
  }
}

/** Returns why it did not work, if it did not. */
async function install(lookup: Lookup, folder: string, progress: (line: string) => void): Promise<string | undefined> {
  try {
    if (await lookup("apt-get")) {
      progress("Redis is not installed: fetching it with apt-get into .local/redis");
      // One that was there and does not run, perhaps because the system was upgraded, would be in the way.
      await rm(folder, { recursive: true, force: true });
      await unpackRedis(folder);
    } else if (await lookup("brew")) {
      progress("Redis is not installed: installing it with brew (this may take a minute)");
      await run("env", ["HOMEBREW_NO_AUTO_UPDATE=1", "brew", "install", "--quiet", "redis"]);
    } else if (await lookup("dnf")) {
      progress("Redis is not installed: installing it with dnf (this may take a minute)");
      const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
      await run("env", [...asRoot, "dnf", "install", "--assumeyes", "/usr/bin/redis-server"]);
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function howToInstall(lookup: Lookup, trouble: string | undefined): Promise<string> {
  const lines: Record<string, string> = {
    "apt-get": "sudo apt-get update && sudo apt-get install -y redis-tools",
    brew: "brew install redis",
    dnf: "sudo dnf install -y /usr/bin/redis-server",
  };
  for (const [manager, line] of Object.entries(lines)) {
    if (await lookup(manager)) return message(`Run this line, then try again:\n\n  ${line}\n`, trouble);
  }
  return message("Install Redis so that redis-server is on the PATH, then try again.", trouble);
}

function message(whatToDo: string, trouble: string | undefined): string {
  const why = trouble === undefined ? "" : `\n(It could not be installed automatically: ${trouble.trim()})`;
  return `Redis is needed and not installed. ${whatToDo}${why}\nOr set REDIS_URL to a Redis of your own.`;
}

/** The path of a program of this name, if one is on the PATH. */
export async function lookUpOnPath(program: string): Promise<string | undefined> {
  try {
    const { stdout } = await run("/bin/sh", ["-c", 'command -v "$1"', "sh", program]);
    return stdout.trim() || undefined;
  } catch {
    return undefined;
  }
}
