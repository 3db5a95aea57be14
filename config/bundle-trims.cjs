"use strict";

/*
 * An esbuild plugin that leaves unused code of BullMQ, ioredis and Middy out of the functions' bundles. See
 * docs/decisions/bundle-trims.md. The functions only add jobs to a queue in Redis and read them. They never run, schedule
 * or chain jobs.
 */
const { basename } = require("node:path");

/**
 * The Lua scripts that lib/queue can reach. A connection registers all scripts; a missing one throws when it is used.
 */
const USED_SCRIPTS = new Set([
  "addStandardJob",
  "getCounts",
  "getRanges",
  "getRateLimitTtl",
  "getState",
  "pause",
  "promote",
  "removeJob",
]);

/** Modules that a package imports at its start but does not use here, and their replacements. */
const STAND_INS = [
  { of: "bullmq", module: "./bun-redis-client", contents: "export const createBunRedisClient = undefined;" },
  { of: "bullmq", module: "./node-redis-client", contents: "export const createNodeRedisClient = undefined;" },
  { of: "bullmq", module: "./job-scheduler", contents: "export const JobScheduler = undefined;" },
  // lib/queue/queue.ts sets skipVersionCheck. With `lt` always true, BullMQ treats every server as an old version.
  { of: "bullmq", module: "semver", contents: "export const coerce = String, valid = String, lt = () => true;" },
  // Debug output, which an environment variable would turn on.
  { of: "ioredis", module: "debug", contents: "export default () => ({ enabled: false });" },
  // Only for names of status codes in errors that no caller sees. It would load Node's HTTP client, a third of a cold
  // start.
  { of: "@middy/util", module: "node:http", contents: "export const STATUS_CODES = {};" },
];

const leaveOut = {
  name: "leave-out-what-is-not-used",
  setup(build) {
    build.onLoad({ filter: /bullmq\/dist\/\w+\/scripts\/\w+-\d+\.js$/ }, ({ path }) =>
      USED_SCRIPTS.has(basename(path).split("-")[0]) ? undefined : { contents: "" },
    );
    build.onResolve({ filter: /^(\.\/[\w-]+|semver|debug|node:http)$/ }, ({ path, importer }) => {
      const found = STAND_INS.find(({ of, module }) => module === path && importer.includes(`/node_modules/${of}/`));
      return found && { path, namespace: "stand-in", pluginData: found.contents };
    });
    build.onLoad({ filter: /./, namespace: "stand-in" }, ({ pluginData }) => ({ contents: pluginData, loader: "js" }));
  },
};

module.exports = [leaveOut];
