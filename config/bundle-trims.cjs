"use strict";

/*
 * What the functions' bundles leave out of BullMQ, as esbuild plugins: docs/decisions/bundle-trims.md says why.
 *
 * The functions add, look at and take out jobs, in Redis. They never run, schedule or chain any, so what BullMQ has for
 * that is replaced by something that fails loudly when it is reached.
 */
const { readFile } = require("node:fs/promises");
const { basename } = require("node:path");

/** The Lua scripts that lib/queue/queue.ts can reach. */
const USED_SCRIPTS = new Set([
  "addStandardJob",
  "cleanJobsInSet",
  "getCounts",
  "getJobs",
  "getRanges",
  "getRateLimitTtl",
  "getState",
  "getStateV2",
  "isFinished",
  "isJobInList",
  "promote",
  "removeJob",
  "updateData",
  "updateProgress",
]);

/** What is imported at once, by whom, and is never or hardly used here: the names it gives, or what stands in for it. */
const STAND_INS = [
  { module: "./postgres", of: "bullmq", names: [] },
  { module: "./bun-redis-client", of: "bullmq", names: ["createBunRedisClient"] },
  { module: "./node-redis-client", of: "bullmq", names: ["createNodeRedisClient"] },
  {
    module: "./job-scheduler",
    of: "bullmq",
    names: ["JobScheduler", "getLegacyRepeatableJobError", "hasLegacyRepeatableKeyShape"],
  },
  // BullMQ compares the server's version with another one.
  {
    module: "semver",
    of: "bullmq",
    contents: `
      const order = (version) => String(version).split(".").reduce((sum, part) => sum * 1e4 + (parseInt(part) || 0), 0);
      export const coerce = (version) => /\\d+\\.\\d+\\.\\d+/.exec(version)?.[0] ?? null;
      export const valid = (version) => version;
      export const lt = (version, other) => order(version) < order(other);`,
  },
  // Middy puts the names of status codes into errors whose messages are not shown. Importing `node:http` loads a whole
  // HTTP client, and was a third of a cold start.
  { module: "node:http", of: "@middy/util", contents: "export const STATUS_CODES = {};" },
];

/** Comments and indentation are two fifths of a script, and each new connection sends one to Redis. */
const withoutComments = (lua) =>
  lua
    .replace(/--\[\[[\s\S]*?\]\]/g, "")
    .split("\n")
    .map((line) => line.replace(/(^|\s)--.*$/, "").trim())
    .filter((line) => line !== "")
    .join("\n");

const trimScripts = {
  name: "trim-bullmq-scripts",
  setup(build) {
    build.onLoad({ filter: /bullmq\/dist\/\w+\/scripts\/\w+-\d+\.js$/ }, async ({ path }) => {
      const source = await readFile(path, "utf8");
      const name = basename(path).split("-")[0];
      if (!USED_SCRIPTS.has(name)) return { contents: "", loader: "js" };
      const contents = source.replace(/`([\s\S]*)`/, (_, lua) => `\`${withoutComments(lua)}\``);
      return { contents, loader: "js" };
    });
  },
};

const dropModules = {
  name: "drop-unused-modules",
  setup(build) {
    for (const {
      module,
      of,
      names = [],
      contents = names.map((name) => `export const ${name} = undefined;`).join(""),
    } of STAND_INS) {
      const filter = new RegExp(`^${module.replaceAll(".", "\\.")}$`);
      build.onResolve({ filter }, ({ importer }) =>
        importer.includes(`/node_modules/${of}/`)
          ? { path: module, namespace: "stand-in", pluginData: contents }
          : undefined,
      );
    }
    build.onLoad({ filter: /./, namespace: "stand-in" }, ({ pluginData }) => ({ contents: pluginData, loader: "js" }));
    // The main entry looks for a native module that no bundle holds, all over the disk.
    build.onResolve({ filter: /^msgpackr$/ }, ({ kind, resolveDir, importer }) =>
      build.resolve("msgpackr/pack", { kind, resolveDir, importer }),
    );
  },
};

module.exports = [trimScripts, dropModules];
