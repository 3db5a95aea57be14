/** What `npx kyc` accepts on the command line, and how it refuses the rest. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readKycId, SINCE, UsageError, type Call, type Command } from "./command.ts";
import { runProgram } from "./program.ts";

function createCommands() {
  const calls: Pick<Call, "args" | "options">[] = [];
  const run: Command["run"] = async ({ args, options }) => {
    calls.push({ args, options });
    return { ok: true, report: "", data: {} };
  };
  const commands: Record<string, Command> = {
    show: { summary: "show it", help: "Help.", argument: "<kycId>", run },
    stats: { summary: "count", help: "Help.", options: [SINCE, ["--dry-run", "only say"]], run },
    strict: {
      summary: "refuse",
      help: "Help.",
      argument: "<kycId>",
      run: ({ args }) => Promise.resolve({ ok: true, report: "", data: readKycId(args) }),
    },
  };
  return { calls, commands };
}

async function read(line: string) {
  const { calls, commands } = createCommands();
  const report = await runProgram(line.split(" "), { commands, about: "", show: () => {} });
  assert.equal(report?.ok, true);
  return calls[0] ?? assert.fail("no command ran");
}

async function refusal(line: string): Promise<UsageError> {
  const { commands } = createCommands();
  const failure = await runProgram(line.split(" "), { commands, about: "", show: () => {} }).catch(
    (error: unknown) => error,
  );
  assert.ok(failure instanceof UsageError, `${line}: ${String(failure)}`);
  return failure;
}

test("a command gets its own options and arguments, in any order", async () => {
  assert.deepEqual(await read("show 456 --json"), { args: ["456"], options: {} });
  assert.deepEqual(await read("--json show 456"), await read("show 456 --json"));
  assert.deepEqual(await read("stats --since=3h --dry-run"), { args: [], options: { since: "3h", dryRun: true } });
});

test("a mistyped command or option gets a suggestion", async () => {
  assert.equal((await refusal("shwo 1")).message, "Unknown command 'shwo'. Did you mean show?");
  assert.equal((await refusal("stats --sinc 3h")).message, "Unknown option '--sinc'. Did you mean --since?");
});

test("a command refuses unknown arguments and options, and shows its usage", async () => {
  const usages = {
    constructor: "npx kyc <command>",
    "show 456 457": "npx kyc show [options] <kycId>",
    "show --since 3h 456": "npx kyc show [options] <kycId>",
    show: "npx kyc show [options] <kycId>",
    "stats extra": "npx kyc stats [options]",
    "stats --json=yes": "npx kyc stats [options]",
    "stats --since": "npx kyc stats [options]",
    "strict 1e2": "npx kyc strict [options] <kycId>",
  };
  for (const [line, usage] of Object.entries(usages))
    assert.ok((await refusal(line)).usage?.startsWith(`Usage: ${usage}`), line);
});
