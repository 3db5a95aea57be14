/** Makes bundles like `serverless package`: with the options of `serverless.yml`. */
import { mkdir, readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { parse } from "yaml";
import * as z from "zod/mini";

const ROOT = join(import.meta.dirname, "..");
const BUNDLES = join(ROOT, ".local", "bench", "bundles");

const TRIMS = "config/bundle-trims.cjs";

const templateSchema = z.object({
  custom: z.object({
    esbuild: z.object({
      minify: z.boolean(),
      target: z.string(),
      mainFields: z.array(z.string()),
      banner: z.record(z.string(), z.string()),
      external: z.array(z.string()),
      alias: z.record(z.string(), z.string()),
      plugins: z.optional(z.string()),
    }),
  }),
});

interface BundleOptions {
  readonly name: string;
  readonly contents: string;
  /** Whether `config/bundle-trims.cjs` leaves out unused code; by default as in `serverless.yml`. */
  readonly trims?: "on" | "off" | "as deployed";
}

/** Bundles some code. Resolves with the file and its size. */
export async function bundle({
  name,
  contents,
  trims = "as deployed",
}: BundleOptions): Promise<{ file: string; bytes: number }> {
  const template = templateSchema.parse(
    parse(await readFile(join(ROOT, "serverless.yml"), "utf8"), { logLevel: "silent" }),
  );
  const { plugins, alias, ...options } = template.custom.esbuild;
  const file = join(BUNDLES, `${name}.mjs`);
  const trimming = trims === "on" ? TRIMS : trims === "off" ? undefined : plugins;
  const loaded: Plugin[] = trimming === undefined ? [] : createRequire(import.meta.url)(join(ROOT, trimming));
  await mkdir(BUNDLES, { recursive: true });
  await build({
    ...options,
    ...(loaded.length > 0 && { alias }),
    plugins: loaded,
    stdin: { contents, resolveDir: ROOT, loader: "ts" },
    outfile: file,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
  });
  return { file, bytes: (await stat(file)).size };
}
