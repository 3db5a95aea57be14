"use strict";

/*
 * What the functions' bundles leave out of BullMQ, as esbuild plugins: docs/decisions/bundle-trims.md says why.
 *
 * The functions add, look at and take out jobs, in Redis. They never run, schedule or chain any, so what BullMQ has for
 * that is replaced by something that fails loudly when it is reached.
 */
const { readFile } = require("node:fs/promises");
const { basename } = require("node:path");

/** The Lua scripts that lib/queue.ts can reach. */
const USED_SCRIPTS = new Set([
  "addStandardJob",
  "cleanJobsInSet",
  "getCounts",
  "getRanges",
  "getRateLimitTtl",
  "getState",
  "getStateV2",
  "isFinished",
  "isJobInList",
  "promote",
  "removeJob",
  "updateData",
]);

/** Modules of BullMQ that it imports at once and the functions never use. */
const UNUSED_MODULES = [
  { filter: /^\.\/postgres$/, exports: "" },
  { filter: /^cron-parser$/, exports: "export const CronExpressionParser = undefined;" },
  // Of semver, BullMQ compares the server's version with another one.
  {
    filter: /^semver$/,
    exports: `
      const order = (version) => String(version).split(".").reduce((sum, part) => sum * 1e4 + (parseInt(part) || 0), 0);
      export const coerce = (version) => /\\d+\\.\\d+\\.\\d+/.exec(version)?.[0] ?? null;
      export const valid = (version) => version;
      export const lt = (version, other) => order(version) < order(other);`,
  },
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
      const lua = (content) =>
        USED_SCRIPTS.has(name) ? withoutComments(content) : `return redis.error_reply("ERR ${name} was left out")`;
      const contents = source.replace(/`([\s\S]*)`/, (_, content) => `\`${lua(content)}\``);
      return { contents, loader: "js" };
    });
  },
};

const dropModules = {
  name: "drop-unused-modules",
  setup(build) {
    for (const { filter, exports } of UNUSED_MODULES) {
      build.onResolve({ filter }, ({ path, importer }) =>
        /node_modules\/bullmq\//.test(importer) ? { path, namespace: "unused", pluginData: exports } : undefined,
      );
    }
    build.onLoad({ filter: /./, namespace: "unused" }, ({ pluginData }) => ({ contents: pluginData, loader: "js" }));
  },
};

module.exports = [trimScripts, dropModules];
