/** The linter's rules: what is a fault, how large things may be, which folder may import what, and who owns a package. */
import { defineConfig, type OxlintOverride } from "oxlint";

/** What each folder of production code may not import. */
const FORBIDDEN = {
  lib: ["functions", "home", "worker", "cli"],
  functions: ["home", "worker", "cli"],
  home: ["worker", "cli"],
  worker: ["functions", "home", "cli"],
  cli: ["functions", "home", "worker"],
} as const;

/** No production code may import these. */
const LABORATORY = ["dev", "eval", "test", "bench"];

/** Inside `lib`, a folder imports those before it in this list. The files directly in `lib` may import all of them. */
const LAYERS = ["observe", "images", "reader", "passport", "providers", "queue", "record", "intake"];

/** Each package is imported by the folders that own it, and by no other production code. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  bullmq: ["lib/queue", "worker"],
  ioredis: ["lib/queue"],
  pg: ["lib/record"],
  "@aws-sdk/client-s3": ["lib/providers/storage"],
  "@aws-sdk/s3-request-presigner": ["lib/providers/storage"],
  "@smithy/*": ["lib/providers/storage"],
  "@aws-sdk/client-ssm": ["lib/intake"],
  "@middy/*": ["lib/intake"],
  "@google/generative-ai": ["lib/providers/gemini"],
  cockatiel: ["lib/providers"],
  sharp: ["lib/images"],
  "onnxruntime-*": ["lib/reader"],
  "@opentelemetry/*": ["lib/observe"],
  pino: ["lib/observe"],
  mrz: ["lib/passport"],
};

/** The environment by its other names; no-restricted-properties finds `process.env`. */
const ENVIRONMENT = ["node:process", "process"].map((name) => ({
  name,
  importNames: ["env", "default"],
  message: "Only lib/config.ts reads the environment.",
}));

/** The import rules of a folder. The linter applies the last entry that matches a file, so an inner folder comes later. */
function importsOf(folder: string, forbidden: readonly string[]) {
  const packages = Object.entries(OWNERS)
    .filter(([, owners]) => !owners.some((owner) => folder === owner || folder.startsWith(`${owner}/`)))
    .map(([name, owners]) => ({
      regex: `^${name.replace("*", "[^/]+")}(/|$)`,
      message: `Only ${owners.join(" and ")} may import it.`,
    }));
  // A folder's name stands for its path: production code has no second folder with one of these names.
  const folders = [...forbidden, ...LABORATORY].map((other) => ({
    regex: `^\\.\\.?/(.*/)?${other}/`,
    message: `${folder} may not import ${other}.`,
  }));
  return {
    files: [`${folder}/**`],
    rules: {
      "no-restricted-imports": ["error", { paths: ENVIRONMENT, patterns: [...packages, ...folders] }],
    },
  } satisfies OxlintOverride;
}

const outer = Object.entries(FORBIDDEN).map(([folder, forbidden]) => importsOf(folder, forbidden));
const inner = LAYERS.map((layer, index) => importsOf(`lib/${layer}`, [...FORBIDDEN.lib, ...LAYERS.slice(index + 1)]));
const owned = ["lib/providers/storage", "lib/providers/gemini"].map((folder) =>
  importsOf(folder, [...FORBIDDEN.lib, ...LAYERS.slice(LAYERS.indexOf("providers") + 1)]),
);

export default defineConfig({
  plugins: ["typescript", "import", "node", "unicorn"],
  categories: { correctness: "error", suspicious: "error", perf: "error" },
  rules: {
    "typescript/no-floating-promises": "error",
    "typescript/no-misused-promises": "error",
    "typescript/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
    "typescript/only-throw-error": "error",
    "typescript/consistent-type-imports": "error",
    "typescript/no-explicit-any": "error",
    "typescript/no-non-null-assertion": "error",
    "typescript/no-unnecessary-condition": "off",
    "import/no-cycle": "error",
    "import/no-default-export": "error",
    "no-restricted-properties": [
      "error",
      { object: "process", property: "env", message: "Only lib/config.ts reads the environment." },
      { object: "globalThis", property: "process", message: "Write process." },
    ],
    "max-lines": ["error", { max: 250 }],
    "max-lines-per-function": ["error", { max: 60, skipBlankLines: true, skipComments: true }],
    complexity: ["error", { max: 12 }],
    "no-await-in-loop": "off",
    "typescript/no-misused-spread": "off",
    "typescript/consistent-return": "off",
    "unicorn/consistent-function-scoping": "off",
    "no-underscore-dangle": "off",
    "import/no-named-as-default": "off",
    "import/no-named-as-default-member": "off",
    "preserve-caught-error": "off",
    "typescript/unbound-method": "off",
    "no-shadow": "off",
  },
  ignorePatterns: [".serverless", ".esbuild", ".local"],
  overrides: [
    ...outer,
    ...inner,
    ...owned,
    {
      files: ["lib/config.ts", "config/**", "dev/**", "eval/**", "test/**", "bench/**"],
      rules: { "no-restricted-properties": "off" },
    },
    { files: ["*.config.ts"], rules: { "import/no-default-export": "off" } },
    {
      files: ["**/*.test.ts", "test/**"],
      rules: {
        "no-restricted-imports": "off",
        "max-lines": "off",
        "max-lines-per-function": "off",
        "typescript/no-floating-promises": [
          "error",
          {
            allowForKnownSafeCalls: [
              { from: "package", package: "node:test", name: ["test", "it", "describe", "suite", "before", "after"] },
            ],
          },
        ],
      },
    },
  ],
});
