/** Packages the service in a copy, like a clean clone: `serverless offline` may be running in this folder. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { mkdir } from "node:fs/promises";
import * as z from "zod/mini";
import { readZip } from "./zip.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const templateSchema = z.object({
  Parameters: z.record(z.string(), z.object({ Type: z.string(), Default: z.optional(z.unknown()) })),
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.optional(z.record(z.string(), z.unknown())) }),
  ),
});

export type Template = z.infer<typeof templateSchema>;

interface PackageOptions {
  readonly stage: string;
  /** The developer's own environment and `.env`. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Overrides of settings in `config/stages.yml`. */
  readonly params?: Readonly<Record<string, string>>;
}

/** Runs `serverless package` and reads its files. Dispose of the result when done. */
export async function packageStage({ stage, environment = {}, params = {} }: PackageOptions) {
  const folder = await mkdtemp(join(tmpdir(), "kyc-package-"));
  const dispose = () => rm(folder, { recursive: true, force: true });
  try {
    await copySources(folder);
    await writeFile(join(folder, ".env"), toDotenv(environment));
    const serverless = join(ROOT, "node_modules/serverless/bin/serverless.js");
    const given = Object.entries(params).flatMap(([name, value]) => ["--param", `${name}=${value}`]);
    const { stdout, stderr } = await run(process.execPath, [serverless, "package", "--stage", stage, ...given], {
      cwd: folder,
      env: { PATH: process.env["PATH"], HOME: folder, SLS_TELEMETRY_DISABLED: "1", ...environment },
    });
    const output = join(folder, ".serverless");
    const text = await readFile(join(output, "cloudformation-template-update-stack.json"), "utf8");
    return {
      log: stdout + stderr,
      text,
      template: templateSchema.parse(JSON.parse(text)),
      /** The whole configuration, which osls uploads together with the template. */
      state: await readFile(join(output, "serverless-state.json"), "utf8"),
      /** The files of a function's bundle, by path. */
      readBundle: async (name: string) => readZip(await readFile(join(output, `${name}.zip`))),
      [Symbol.asyncDispose]: dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

export type Package = Awaited<ReturnType<typeof packageStage>>;

/** Copies the files that git tracks or would add. */
async function copySources(folder: string): Promise<void> {
  const { stdout } = await run("git", ["ls-files", "--cached", "--others", "--exclude-standard", "-z"], { cwd: ROOT });
  for (const file of stdout
    .split("\0")
    .filter((path) => /^(config|functions|lib|resources|worker)\/|^[^/]+$/.test(path))) {
    await mkdir(join(folder, dirname(file)), { recursive: true });
    await cp(join(ROOT, file), join(folder, file)).catch((error: NodeJS.ErrnoException) => {
      // The file is deleted, but the deletion is not committed.
      if (error.code !== "ENOENT") throw error;
    });
  }
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
}

const toDotenv = (environment: Readonly<Record<string, string>>) =>
  Object.entries(environment)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join("");
