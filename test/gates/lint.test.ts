/** Each rule of `oxlint.config.ts` that this project added is broken once in a copy of the code, and the linter must find it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import * as z from "zod/mini";

const ROOT = join(import.meta.dirname, "../..");
const OXLINT = join(ROOT, "node_modules/.bin/oxlint");

const reportSchema = z.object({
  diagnostics: z.array(
    z.object({ code: z.string(), filename: z.string(), message: z.string(), help: z.optional(z.string()) }),
  ),
});

const ENVIRONMENT = "Only lib/config.ts reads the environment.";

/** A rule, a file that breaks it, and a part of what the linter says. */
interface Fault {
  readonly rule: string;
  readonly folder: string;
  readonly code: string;
  readonly says: string;
}

const FAULTS: Readonly<Record<string, Fault>> = {
  ...imports({
    "lib imports functions": ["lib", "../functions/health.ts", "lib may not import functions."],
    "lib imports home": ["lib", "../home/server.ts", "lib may not import home."],
    "a folder of lib imports worker": ["lib/queue", "../../worker/health.ts", "lib/queue may not import worker."],
    "an inner folder of lib imports cli": ["lib/passport/mrz", "../../../cli/command.ts", "may not import cli."],
    "lib imports dev": ["lib", "../dev/urls.ts", "lib may not import dev."],
    "functions import home": ["functions", "../home/server.ts", "functions may not import home."],
    "functions import worker": ["functions", "../worker/health.ts", "functions may not import worker."],
    "functions import cli": ["functions", "../cli/command.ts", "functions may not import cli."],
    "home imports worker": ["home", "../worker/health.ts", "home may not import worker."],
    "home imports cli": ["home", "../cli/command.ts", "home may not import cli."],
    "worker imports functions": ["worker", "../functions/health.ts", "worker may not import functions."],
    "worker imports home": ["worker", "../home/server.ts", "worker may not import home."],
    "worker imports cli": ["worker", "../cli/command.ts", "worker may not import cli."],
    "worker imports eval": ["worker", "../eval/report.ts", "worker may not import eval."],
    "worker imports test": ["worker", "../test/waiting.ts", "worker may not import test."],
    "cli imports functions": ["cli", "../functions/health.ts", "cli may not import functions."],
    "cli imports home": ["cli", "../home/server.ts", "cli may not import home."],
    "cli imports worker": ["cli", "../worker/health.ts", "cli may not import worker."],
    "cli imports bench": ["cli", "../bench/machine.ts", "cli may not import bench."],
    "observe imports images": ["lib/observe", "../images/png.ts", "lib/observe may not import images."],
    "images import the reader": ["lib/images", "../reader/reader.ts", "lib/images may not import reader."],
    "the reader imports passport": ["lib/reader", "../passport/sex.ts", "lib/reader may not import passport."],
    "passport imports providers": ["lib/passport", "../providers/circuit.ts", "lib/passport may not import providers."],
    "providers import queue": ["lib/providers/gemini", "../../queue/queue.ts", "gemini may not import queue."],
    "queue imports record": ["lib/queue", "../record/records.ts", "lib/queue may not import record."],
    "record imports intake": ["lib/record", "../intake/http.ts", "lib/record may not import intake."],
    "the queue of another folder": ["lib/record", "bullmq", "Only lib/queue and worker may import it."],
    "a Redis client of its own": ["worker", "ioredis", "Only lib/queue may import it."],
    "a database client of its own": ["lib/queue", "pg", "Only lib/record may import it."],
    "a part of a package": ["lib/queue", "pg/lib/client", "Only lib/record may import it."],
    "a storage client of its own": ["worker", "@aws-sdk/client-s3", "Only lib/providers/storage may import it."],
    "a presigner of its own": ["lib", "@aws-sdk/s3-request-presigner", "Only lib/providers/storage may import it."],
    "a signature of its own": ["worker", "@smithy/core/protocols", "Only lib/providers/storage may import it."],
    "a parameter store of its own": ["worker", "@aws-sdk/client-ssm", "Only lib/intake may import it."],
    "middleware outside the intake": ["functions", "@middy/core", "Only lib/intake may import it."],
    "a model outside its folder": [
      "lib/providers",
      "@google/generative-ai",
      "Only lib/providers/gemini may import it.",
    ],
    "a circuit outside providers": ["worker", "cockatiel", "Only lib/providers may import it."],
    "a decoder outside images": ["lib/providers", "sharp", "Only lib/images may import it."],
    "a network outside the reader": ["lib/images", "onnxruntime-web", "Only lib/reader may import it."],
    "telemetry outside observe": ["worker", "@opentelemetry/api", "Only lib/observe may import it."],
    "a logger of its own": ["home", "pino", "Only lib/observe may import it."],
    "a second parser of zones": ["lib", "mrz", "Only lib/passport may import it."],
  }),
  "an import of a type": restricted("lib", `export type { Pool } from "pg";\n`, "Only lib/record may import it."),
  "an export of everything": restricted("lib", `export * from "pino";\n`, "Only lib/observe may import it."),
  "an import at run time": restricted(
    "lib/images",
    `export const load = () => import("../queue/queue.ts");\n`,
    "lib/images may not import queue.",
  ),
  "the type of an import": {
    rule: "typescript(consistent-type-imports)",
    folder: "lib/images",
    code: `export type Queue = import("../queue/queue.ts").VerificationQueue;\n`,
    says: "`import()` type annotations are forbidden.",
  },
  "the environment": property("export const x = process.env;\n", ENVIRONMENT),
  "the environment, destructured": property("export const { env } = process;\n", ENVIRONMENT),
  "the environment of the global object": property("export const x = globalThis.process;\n", "Write process."),
  "the environment as an import": restricted("cli", `export { env } from "node:process";\n`, ENVIRONMENT),
  "the process as an import": restricted("cli", `import x from "process";\nx.exit();\n`, ENVIRONMENT),
  "a long file": {
    rule: "eslint(max-lines)",
    folder: "dev",
    code: "// One line.\n".repeat(251),
    says: "File has too many lines (251).",
  },
  "a long function": {
    rule: "eslint(max-lines-per-function)",
    folder: "bench",
    code: `export function x() {\n${"  x();\n".repeat(59)}}\n`,
    says: "has too many lines (61).",
  },
  "a function with too many ways": {
    rule: "eslint(complexity)",
    folder: "test",
    code: `export const x = (y: number) => ${"y === 1 || ".repeat(12)}y === 2;\n`,
    says: "has a complexity of 13.",
  },
};

function restricted(folder: string, code: string, says: string): Fault {
  return { rule: "eslint(no-restricted-imports)", folder, code, says };
}

function property(code: string, says: string): Fault {
  return { rule: "eslint(no-restricted-properties)", folder: "worker", code, says };
}

function imports(table: Readonly<Record<string, readonly [folder: string, from: string, says: string]>>) {
  const entries = Object.entries(table).map(([name, [folder, from, says]]) => {
    return [name, restricted(folder, `import * as x from "${from}";\nx.y();\n`, says)] as const;
  });
  return Object.fromEntries(entries);
}

const fileOf = ({ folder }: Fault, index: number) => `${folder}/broken-${index}.ts`;

describe("the linter", () => {
  let folder = "";
  let diagnostics: z.infer<typeof reportSchema>["diagnostics"] = [];

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "kyc-lint-"));
    const copy = join(folder, "copy");
    const folders = ["lib", "functions", "home", "worker", "cli", "dev", "eval", "bench", "test"];
    for (const name of [...folders, "oxlint.config.ts", "package.json", "tsconfig.json"]) {
      await cp(join(ROOT, name), join(copy, name), { recursive: true });
    }
    // Above the copy: the linter would follow a link inside it.
    await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
    for (const [index, fault] of Object.values(FAULTS).entries()) {
      await mkdir(join(copy, fault.folder), { recursive: true });
      await writeFile(join(copy, fileOf(fault, index)), fault.code);
    }
    const { stdout } = spawnSync(OXLINT, ["--format", "json"], { cwd: copy, encoding: "utf8" });
    diagnostics = reportSchema.parse(JSON.parse(stdout)).diagnostics;
  });
  after(() => rm(folder, { recursive: true }));

  for (const [index, [name, fault]] of Object.entries(FAULTS).entries()) {
    test(`the linter finds ${name}`, () => {
      const found = diagnostics.filter(({ filename }) => filename === fileOf(fault, index));
      const texts = found.map(({ code, message, help }) => `${code}: ${message} ${help ?? ""}`);
      assert.ok(
        texts.some((text) => text.startsWith(fault.rule) && text.includes(fault.says)),
        JSON.stringify(texts),
      );
    });
  }

  test("the linter finds nothing in the code", () => {
    const broken = new Set(Object.values(FAULTS).map(fileOf));
    assert.deepEqual(
      diagnostics.filter(({ filename }) => !broken.has(filename)),
      [],
    );
  });
});

test("no rule is off in a folder of production code", async () => {
  const { default: config } = await import("../../oxlint.config.ts");
  const exempt = (config.overrides ?? []).filter(({ rules }) => Object.values(rules ?? {}).includes("off"));
  assert.deepEqual(
    exempt.flatMap(({ files }) => files),
    [
      "lib/config.ts",
      "config/**",
      "dev/**",
      "eval/**",
      "test/**",
      "bench/**",
      "*.config.ts",
      "**/*.test.ts",
      "test/**",
    ],
  );
});
