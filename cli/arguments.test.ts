/** What may stand behind `npx kyc`, and what is said of the rest. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { readCall } from "./arguments.ts";
import { readHours, readKycId, UsageError } from "./command.ts";
import { doctor } from "./doctor.ts";
import { replay } from "./replay.ts";
import { reseal } from "./reseal.ts";
import { show } from "./show.ts";
import { stats } from "./stats.ts";

const COMMANDS = { show, stats, reseal, replay, doctor };

const read = (line: string) => readCall(line === "" ? [] : line.split(" "), COMMANDS);

const refusal = (call: () => unknown): string => {
  try {
    call();
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
  return assert.fail("it was not refused");
};

test("a command gets its own options and arguments, wherever they stand", () => {
  assert.deepEqual(read("show 456 --json"), { wants: "run", command: show, args: ["456"], options: {} });
  assert.deepEqual(read("--json show 456"), read("show 456 --json"));
  const options = { policy: "policy.json", hours: "3" };
  assert.deepEqual(read("replay --policy policy.json --hours=3"), {
    wants: "run",
    command: replay,
    args: [],
    options,
  });
});

test("help and the version are there in every usual way", () => {
  for (const line of ["", "-h", "--help", "help", "--json"])
    assert.deepEqual(read(line), { wants: "help", command: undefined });
  for (const line of ["help stats", "stats -h", "stats --help --colour x", "--help stats"])
    assert.deepEqual(read(line), { wants: "help", command: stats });
  for (const line of ["--version", "stats --version"]) assert.deepEqual(read(line), { wants: "version" });
});

test("what a command does not take is refused, in words about the command", () => {
  const refusals = {
    shwo: 'There is no command "shwo".',
    "help shwo": 'There is no command "shwo".',
    constructor: 'There is no command "constructor".',
    "--hours 3": "Name a command; --hours alone means nothing.",
    "show 456 457": '"show" is about one record: call it once for each kycId.',
    "show --hours 3 456": '"show" takes no --hours.',
    "stats extra": '"stats" does nothing with "extra".',
    "reseal 5": '"reseal" does nothing with "5".',
    "reseal --policy x": '"reseal" takes no --policy.',
    "stats --colour": "There is no option --colour.",
    "stats -x": "There is no option -x.",
    "stats --json=yes": "--json takes no value.",
    "stats --hours": "--hours needs a value: --hours 24",
    "doctor --key=": "--key needs a value: --key kyc/456/passport.jpg",
  };
  for (const [line, message] of Object.entries(refusals))
    assert.equal(
      refusal(() => read(line)),
      message,
    );
});

test("a kycId is a whole number in plain digits", () => {
  assert.equal(readKycId(["456"]), 456);
  assert.equal(readKycId([String(Number.MAX_SAFE_INTEGER)]), Number.MAX_SAFE_INTEGER);
  for (const word of [
    "1e2",
    "0x10",
    "0",
    "007",
    "-1",
    "+1",
    "1.0",
    " 1",
    "1 ",
    "",
    "x",
    "9007199254740992",
    "1".repeat(17),
  ])
    assert.match(
      refusal(() => readKycId([word])),
      /^Name the record by its kycId/,
    );
  assert.match(
    refusal(() => readKycId([])),
    /^Name the record/,
  );
});

test("hours are a number above 0", () => {
  assert.deepEqual([readHours({}), readHours({ hours: "0.5" })], [24, 0.5]);
  for (const hours of ["0", "-1", "x", "", "1e99", "Infinity", "0x1", "99999999999", "--json"])
    assert.match(
      refusal(() => readHours({ hours })),
      /^--hours must be a number above 0/,
    );
});
