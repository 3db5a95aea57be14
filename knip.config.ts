/** What knip starts from when it looks for dead code: the files that something other than an import runs. */
import type { KnipConfig } from "knip";

export default {
  entry: [
    "{functions,home,worker,bench,eval}/main.ts",
    "functions/*.ts",
    "worker/check-health.ts",
    // Started as processes of their own.
    "bench/parts/{enqueue-rounds,reader-program}.ts",
    "bench/peers/*.ts",
    "docs/generator/{generate,draw-images}.ts",
    "test/**/*.test.ts",
    // Served to the browser.
    "dev/console/page/main.js",
    // Named in serverless.yml.
    "config/*.cjs",
  ],
  project: ["**/*.{ts,js,cjs}"],
  // Named in .secretlintrc.json.
  ignoreDependencies: ["@secretlint/secretlint-rule-preset-recommend"],
  ignoreExportsUsedInFile: { interface: true, type: true },
} satisfies KnipConfig;
