/** Fetches Redis on Debian and Ubuntu without root. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/*
 * redis-tools, not redis-server: it has the same program, as redis-check-rdb, which is a Redis server when it is called
 * redis-server; and it comes without the system service.
 */
const PACKAGE = "redis-tools";

/**
 * Downloads Redis and the libraries that this system lacks with apt-get, which needs no root, and unpacks them into the folder,
 * where `redis-server` then runs it. The folder appears complete or not at all; if another process was faster, its
 * one stays.
 *
 * @throws when the packages cannot be found or downloaded.
 */
export async function unpackRedis(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}-`);
  try {
    await download(work);
    await unpack(work);
    await writeStarter(work);
    for (const done of ["apt", "packages"]) await rm(join(work, done), { recursive: true });
    await chmod(work, 0o755);
    await rename(work, folder).catch(ignoreOccupied);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** First with the package lists that the system has; images of containers have none, and old ones name lost files. */
async function download(work: string): Promise<void> {
  const packages = join(work, "packages");
  await mkdir(packages);
  const cache = join(work, "apt", "cache");
  const lists = join(work, "apt", "lists");
  for (const folder of [join(cache, "archives"), lists]) await mkdir(join(folder, "partial"), { recursive: true });
  const settings = [`Dir::Cache=${cache}`, "Debug::NoLocking=1", "Acquire::http::Timeout=20", "Acquire::Retries=3"];
  const system = settings.flatMap((setting) => ["-o", setting]);
  const own = [...system, "-o", `Dir::State::lists=${lists}`];
  try {
    await downloadWith(system, packages);
  } catch {
    // It also fails where only one of several sources does: what counts is whether the packages come afterwards.
    await run("apt-get", [...own, "update"]).catch(() => {});
    await downloadWith(own, packages);
  }
}

async function downloadWith(options: readonly string[], packages: string): Promise<void> {
  const { stdout } = await run("apt-get", [...options, "--simulate", "--no-install-recommends", "install", PACKAGE]);
  const names = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? "");
  await run("apt-get", [...options, "download", ...new Set([PACKAGE, ...names])], { cwd: packages });
}

async function unpack(work: string): Promise<void> {
  const packages = await readdir(join(work, "packages"));
  for (const file of packages) await run("dpkg-deb", ["--extract", join(work, "packages", file), join(work, "root")]);
}

/** A script, so that the libraries are found wherever the folder is; `exec` keeps the process id. */
async function writeStarter(work: string): Promise<void> {
  await symlink("redis-check-rdb", join(work, "root", "usr", "bin", "redis-server"));
  const libraries = (await readdir(join(work, "root", "usr", "lib"))).map((name) => `$here/root/usr/lib/${name}`);
  const starter = join(work, "redis-server");
  await writeFile(
    starter,
    `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
LD_LIBRARY_PATH="${libraries.join(":")}" exec "$here/root/usr/bin/redis-server" "$@"
`,
  );
  await chmod(starter, 0o755);
}

function ignoreOccupied(error: unknown): void {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
}
