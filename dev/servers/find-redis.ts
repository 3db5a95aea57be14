/** Finds a Redis for the stack and the tests, or fetches one. */
import { execFile } from "node:child_process";
import { mkdir, rm, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { unpackRedis } from "./find-redis-apt.ts";
import { oneAtATime } from "./lock-file.ts";

const run = promisify(execFile);

/** The project's own folder for what it fetched: not under version control, safe to delete. */
const LOCAL_FOLDER = join(import.meta.dirname, "../..", ".local");

/** The oldest version that has every command of the queue. */
const MINIMUM_VERSION = 6.2;

/** What a person runs to install Redis, by package manager. */
const INSTALL_LINES = {
  "apt-get": "sudo apt-get update && sudo apt-get install -y redis-tools",
  brew: "brew install redis",
  dnf: "sudo dnf install -y /usr/bin/redis-server",
};

/** Where a program is, if the system knows it. */
export type Lookup = (program: string) => Promise<string | undefined>;

interface FindRedisOptions {
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
  async function find(): Promise<string | undefined> {
    for await (const path of candidates(home, lookup)) if (path !== undefined && (await isRedis(path))) return path;
    return undefined;
  }

  const found = await find();
  if (found !== undefined) return found;
  await mkdir(home, { recursive: true });
  return oneAtATime(join(home, "redis.lock"), async () => {
    const foundMeanwhile = await find();
    if (foundMeanwhile !== undefined) return foundMeanwhile;
    for (const [manager, line] of Object.entries(INSTALL_LINES)) {
      if ((await lookup(manager)) === undefined) continue;
      const trouble = await install(manager, join(home, "redis"), progress).catch((error: unknown) => error);
      const installed = await find();
      if (installed !== undefined) return installed;
      throw new Error(notInstalled(`Run this line, then try again:\n\n  ${line}\n`, trouble));
    }
    throw new Error(notInstalled("Install Redis so that redis-server is on the PATH, then try again."));
  });
}

function notInstalled(whatToDo: string, trouble?: unknown): string {
  const why = trouble instanceof Error ? `\n(It could not be installed automatically: ${trouble.message.trim()})` : "";
  return `Redis is needed and not installed. ${whatToDo}${why}\nOr set REDIS_URL to a Redis of your own.`;
}

/** Installs Redis without a question. */
async function install(manager: string, folder: string, progress: (line: string) => void): Promise<void> {
  if (manager === "apt-get") {
    progress("Redis is not installed: fetching it with apt-get into .local/redis");
    // An old one that no longer runs, for example after an upgrade of the system, would be in the way.
    await rm(folder, { recursive: true, force: true });
    return unpackRedis(folder);
  }
  progress(`Redis is not installed: installing it with ${manager} (this may take a minute)`);
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  const brew = ["HOMEBREW_NO_AUTO_UPDATE=1", "brew", "install", "--quiet", "redis"];
  const dnf = [...asRoot, "dnf", "install", "--assumeyes", "/usr/bin/redis-server"];
  await run("env", manager === "brew" ? brew : dnf);
}

/** Where a Redis may be, the best place first. */
async function* candidates(home: string, lookup: Lookup) {
  yield await lookup("redis-server");
  yield await lookup("valkey-server");
  // The checker is the server under another name; Debian's redis-tools has only that.
  const checker = await lookup("redis-check-rdb");
  if (checker !== undefined) {
    const link = join(home, "redis-tools", "redis-server");
    await mkdir(dirname(link), { recursive: true });
    await symlink(checker, link).catch(() => {});
    yield link;
  }
  yield join(home, "redis", "redis-server");
}

async function isRedis(path: string): Promise<boolean> {
  try {
    const { stdout } = await run(path, ["--version"]);
    const version = /(?:redis|valkey) server v=(\d+\.\d+)/i.exec(stdout)?.[1];
    return Number(version) >= MINIMUM_VERSION;
  } catch {
    return false;
  }
}

/** The path of a program of this name, if one is on the PATH. */
export async function lookUpOnPath(program: string): Promise<string | undefined> {
  const found = await run("/bin/sh", ["-c", 'command -v "$1"', "sh", program]).catch(() => undefined);
  return found?.stdout.trim() || undefined;
}
