/** Fetches Redis on Debian and Ubuntu without root. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/*
 * redis-tools, not redis-server: it has the same program, as redis-check-rdb, which is a Redis server when it is called
 * redis-server; and it comes without the system service.
 */
const PACKAGE = "redis-tools";

/** A script, so that the libraries are found wherever the folder is; `exec` keeps the process id. */
const STARTER = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
libraries=$(printf '%s:' "$here"/root/usr/lib/*)
LD_LIBRARY_PATH=\${libraries%:} exec "$here/root/usr/bin/redis-server" "$@"
`;

/**
 * Downloads Redis and the libraries that this system lacks with apt-get, which needs no root, and unpacks them into the folder,
 * where `redis-server` then runs it. The folder appears complete or not at all.
 *
 * @throws when the packages cannot be found or downloaded, or if another process was faster: its folder stays.
 */
export async function unpackRedis(folder: string): Promise<void> {
  const work = await mkdtemp(`${folder}-`);
  const redis = join(work, "redis");
  const packages = join(work, "packages");
  try {
    for (const path of [redis, packages]) await mkdir(path);
    await download(work, packages);
    for (const file of await readdir(packages))
      await run("dpkg-deb", ["--extract", join(packages, file), join(redis, "root")]);
    await symlink("redis-check-rdb", join(redis, "root/usr/bin/redis-server"));
    await writeFile(join(redis, "redis-server"), STARTER, { mode: 0o755 });
    await rename(redis, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** First with the package lists that the system has; images of containers have none, and old ones name lost files. */
async function download(work: string, packages: string): Promise<void> {
  const [cache, lists] = [join(work, "cache"), join(work, "lists")];
  for (const folder of [join(cache, "archives"), lists]) await mkdir(join(folder, "partial"), { recursive: true });
  const system = [`Dir::Cache=${cache}`, "Debug::NoLocking=1", "Acquire::http::Timeout=20", "Acquire::Retries=3"];
  const own = [...system, `Dir::State::lists=${lists}`];
  try {
    await downloadWith(system, packages);
  } catch {
    // It also fails where only one of several sources does: what counts is whether the packages come afterwards.
    await aptGet(own, ["update"]).catch(() => {});
    await downloadWith(own, packages);
  }
}

async function downloadWith(settings: readonly string[], packages: string): Promise<void> {
  const { stdout } = await aptGet(settings, ["--simulate", "--no-install-recommends", "install", PACKAGE]);
  const names = [...stdout.matchAll(/^Inst (\S+)/gm)].map(([, name]) => name ?? "");
  await aptGet(settings, ["download", ...new Set([PACKAGE, ...names])], packages);
}

const aptGet = (settings: readonly string[], args: readonly string[], cwd?: string) =>
  run("apt-get", [...settings.map((setting) => `-o${setting}`), ...args], { cwd });
