/** Finds a browser for the tests of the console, or installs one. */
import { execFile } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { oneAtATime } from "../../dev/servers/lock-file.ts";
import { lookUpOnPath, type Lookup } from "../../dev/servers/find-redis.ts";

const LOCAL_FOLDER = join(import.meta.dirname, "../..", ".local");
const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"] as const;
const MAC_PATHS = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The command lines that install Chromium without a question, by package manager. */
const INSTALLERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "apt-get": [
    ["apt-get", "update"],
    ["apt-get", "install", "--yes", "--no-install-recommends", "chromium"],
  ],
  dnf: [["dnf", "install", "--assumeyes", "chromium"]],
};

/** The command line for a person to run, by package manager. */
const LINES: Readonly<Record<string, string>> = {
  "apt-get": "sudo apt-get update && sudo apt-get install -y chromium",
  dnf: "sudo dnf install -y chromium",
  brew: "brew install --cask google-chrome",
};

/** Runs a command to its end; rejects if it fails. */
type Run = (command: string, args: readonly string[]) => Promise<{ readonly stdout: string }>;

interface FindChromiumOptions {
  readonly home?: string;
  readonly lookup?: Lookup;
  readonly run?: Run;
  readonly isRoot?: boolean;
  readonly otherPaths?: readonly string[];
  readonly progress?: (line: string) => void;
}

const runForReal: Run = promisify(execFile);

/**
 * Finds the path of a Chromium or Chrome: on the PATH, or installed now by the system's package manager without a
 * question (as root, or if `sudo` needs no password).
 *
 * @throws if both fail. The message contains the one command line to run.
 */
export async function findChromium({
  home = LOCAL_FOLDER,
  lookup = lookUpOnPath,
  run = runForReal,
  isRoot = process.getuid?.() === 0,
  otherPaths = MAC_PATHS,
  progress = () => {},
}: FindChromiumOptions = {}): Promise<string> {
  async function find(): Promise<string | undefined> {
    const onPath = await Promise.all(NAMES.map((name) => lookup(name)));
    for (const path of [...onPath, ...otherPaths]) {
      // Run it: on some systems a program of this name only explains how to install Chromium.
      const answer = path && (await run(path, ["--version"]).catch(() => undefined));
      if (answer && /chrom/i.test(answer.stdout)) return path;
    }
    return undefined;
  }

  async function install(): Promise<string | undefined> {
    for (const [manager, commands] of Object.entries(INSTALLERS)) {
      if ((await lookup(manager)) === undefined) continue;
      progress(`Chromium is not installed: installing it with ${manager} (this may take a minute)`);
      try {
        const asRoot = isRoot ? ["env", "DEBIAN_FRONTEND=noninteractive"] : ["sudo", "-n"];
        for (const command of commands) await run("env", [...asRoot, ...command]);
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    }
    return undefined;
  }

  const found = await find();
  if (found !== undefined) return found;
  await mkdir(home, { recursive: true });
  return oneAtATime(join(home, "chromium.lock"), async () => {
    const trouble = (await find()) === undefined ? await install() : undefined;
    const installed = await find();
    if (installed === undefined) throw new Error(await howToInstall(lookup, trouble));
    return installed;
  });
}

async function howToInstall(lookup: Lookup, trouble: string | undefined): Promise<string> {
  const why = trouble === undefined ? "" : `\n(It could not be installed automatically: ${trouble.trim()})`;
  for (const [manager, line] of Object.entries(LINES)) {
    if (await lookup(manager)) {
      return `Chromium is needed and not installed. Run this line, then try again:\n\n  ${line}\n${why}`;
    }
  }
  return `Chromium is needed and not installed. Install it so that chromium is on the PATH, then try again.${why}`;
}
