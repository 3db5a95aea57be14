/** Measures a cold start before the first request: the import of a function's bundle, in fresh processes. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { bundle } from "../bundle.ts";
import type { Part, PartOptions } from "../part.ts";
import { inTurn, ratios } from "../rounds.ts";

const run = promisify(execFile);

/** The import opens a connection to Redis. No server listens at this address. */
const ENVIRONMENT = { KYC_SERVICE_SECRET: "bench", REDIS_URL: "redis://127.0.0.1:1" };

async function importMs(file: string): Promise<number> {
  const code = `const at = performance.now(); await import(process.argv[1]); console.log("took", performance.now() - at); process.exit()`;
  const options = { env: { PATH: process.env["PATH"], ...ENVIRONMENT } };
  const { stdout } = await run(process.execPath, ["--input-type=module", "-e", code, file], options);
  return Number(/took ([\d.]+)/.exec(stdout)?.[1]);
}

async function measure({ quick }: PartOptions) {
  const subjects = {
    ioredis: await bundle({
      name: "ioredis",
      contents: `import { Redis } from "ioredis"; export { Redis };`,
      trims: "off",
    }),
    process: await bundle({ name: "process", contents: `export * from "./functions/process.ts";` }),
    untrimmed: await bundle({ name: "untrimmed", contents: `export * from "./functions/process.ts";`, trims: "off" }),
    health: await bundle({ name: "health", contents: `export * from "./functions/health.ts";` }),
  };
  const values = await inTurn(subjects, ({ file }) => importMs(file), { rounds: quick ? 5 : 21, warmUp: 1 });
  return {
    figures: [
      {
        what: "import of process over ioredis bundled alone",
        values: ratios(values("process"), values("ioredis")),
        unit: "x",
        limit: { atMost: 1.45 },
      },
      {
        what: "the same, without the trims of config/bundle-trims.cjs",
        values: ratios(values("untrimmed"), values("ioredis")),
        unit: "x",
      },
      {
        what: "size of the process bundle",
        values: [subjects.process.bytes / 1e3],
        unit: "kB",
        limit: { atMost: 600 },
      },
      { what: "the same, without the trims", values: [subjects.untrimmed.bytes / 1e3], unit: "kB" },
      {
        what: "import of health over process",
        values: ratios(values("health"), values("process")),
        unit: "x",
        limit: { atMost: 0.15 },
      },
    ],
    notes: ["Each import in a fresh process. `process` is bundled with the options of `serverless.yml`."],
  } as const;
}

export const coldStart: Part = {
  name: "cold-start",
  title: "Cold start of the functions",
  meaning:
    "The first request after a quiet while waits for the function to load: this is what its bundle takes, on top of what AWS does.",
  run: measure,
};
