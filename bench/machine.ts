/** Describes the machine and the versions. Without them, figures mean nothing. */
import { readFileSync } from "node:fs";
import { cpus, release, totalmem, type } from "node:os";
import { join } from "node:path";
import * as z from "zod/mini";

const PACKAGES = ["bullmq", "ioredis", "pg", "sharp", "zod", "@middy/core", "express", "fastify", "esbuild"] as const;
const packageSchema = z.object({ version: z.string() });

const versionOf = (name: string) => {
  const file = join(import.meta.dirname, "..", "node_modules", name, "package.json");
  return packageSchema.parse(JSON.parse(readFileSync(file, "utf8"))).version;
};

/** Describes this machine in lines of Markdown. */
export function describeMachine(): string[] {
  const [first] = cpus();
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return [
    `- Machine: ${cpus().length} x ${first?.model.trim() ?? "unknown"}, ${memoryGb} GB of memory, ${type()} ${release()}`,
    `- Node ${process.versions.node}, ${PACKAGES.map((name) => `${name} ${versionOf(name)}`).join(", ")}`,
  ];
}
