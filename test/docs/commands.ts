/** The commands that the documentation shows, and how each of them is known to work. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./openapi-file.ts";

/** What a command cannot do without, and no test has. */
const TOOLS = [
  {
    tool: "AWS",
    pattern: /\baws\b|\bAWS_|\bSecureString\b|\bserverless (deploy|logs|rollback|remove)\b|deploy\/aws\.sh/,
  },
  { tool: "Dart", pattern: /^(dart|serverpod) /m },
  { tool: "Docker", pattern: /\bdocker\b|deploy\/home\.sh/ },
] as const;

/** Commands that run for many minutes. */
export const LONG =
  /^(?:PROPERTY_SEED=\d+ )?npm run (bench|soak|test:(?!watch)\w+)\b|^node (bench|test\/(?:faults|mutation))\//;

/** Commands that are not run as they stand, each with the file that runs what they do, or the reason why none does. */
export const ELSEWHERE: readonly (readonly [pattern: RegExp, where: string])[] = [
  [/^(npm ci && )?npm run demo$/, "test/release/first-run.test.ts"],
  [/^npm (ci|test)\b/, ".github/workflows/ci.yml"],
  [/^npm run test:watch$/, "it runs until it is stopped"],
  [/^(PORT=\d+ CONSOLE_PORT=\d+ )?npm start$/, "test/e2e/commands.test.ts"],
  [/^npm run docs$/, "test/docs/guide.test.ts"],
  [/^npm run format$/, ".github/workflows/ci.yml"],
  [LONG, "they take minutes to hours; their pages say that no test runs them, and what the last run came to"],
  [/^npm run eval\b/, "test/e2e/commands.test.ts"],
  [/^npx serverless offline$|^npm run worker$/, "test/e2e/serverless-offline.test.ts"],
  [/^npx serverless package$/, "test/deploy/packaging.ts"],
  [/^npx kyc \w+/, "test/e2e/cli.test.ts"],
  [/^(git|npm version) /, "they change the repository, and are not ours"],
];

/** A block of shell commands on a page, as `sh` gets it, without the lines that are run elsewhere. */
export interface Script {
  readonly page: string;
  readonly text: string;
}

/** A command in the running text. */
export type Mention = Script;

const PAGES = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT }).toSorted();
const BLOCK = /^```(\w*)\n([\s\S]*?)^```/gm;
const COMMAND =
  /(?<!`)`((?:[A-Z_]+=\S+ )*(?:npm|npx|node|docker|aws|curl|openssl|psql|git|python3|deploy\/\w+\.sh) [^`]+)`/g;

export const readPage = (page: string) => readFileSync(join(ROOT, page), "utf8");

/** Whether a command is run elsewhere. */
const isElsewhere = (command: string) => ELSEWHERE.some(([pattern]) => pattern.test(command));

/** The tool that a block or a command needs, if it needs any that no test has. */
export const toolFor = (text: string) => TOOLS.find(({ pattern }) => pattern.test(text))?.tool;

/** Every block of shell commands. */
export const blocks: readonly Script[] = PAGES.flatMap((page) =>
  [...readPage(page).matchAll(BLOCK)].flatMap(([, language = "", text = ""]) =>
    ["sh", "bash", "shell"].includes(language) ? [{ page, text }] : [],
  ),
);

/** Every command in the running text, except those with `...` in them. */
export const mentions: readonly Mention[] = PAGES.flatMap((page) =>
  [...readPage(page).replaceAll(BLOCK, "").matchAll(COMMAND)].flatMap(([, text = ""]) =>
    /\.\.\.|^npx kyc$/.test(text) ? [] : [{ page, text }],
  ),
);

const withoutComment = (line: string) => line.replace(/ +#.*$/, "");

/** What is left to be run: blocks that need no tool, without their lines that run elsewhere. */
export const scripts: readonly Script[] = blocks.flatMap(({ page, text }) => {
  if (toolFor(text) !== undefined) return [];
  // In a block, the operator's commands are about what the block before has done.
  const isLeft = (line: string) => line.startsWith("npx kyc ") || !isElsewhere(line);
  const left = text.trim().split("\n").map(withoutComment).filter(isLeft);
  return left.length === 0 ? [] : [{ page, text: left.join("\n") }];
});

/** What is left of the commands in the running text. */
export const runnable: readonly Mention[] = mentions.filter(
  ({ text }) => toolFor(text) === undefined && !isElsewhere(text),
);
