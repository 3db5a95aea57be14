/**
 * The newcomer's path: every command of the documentation that `test/docs/commands.ts` leaves to be run, in its order and
 * as it stands, in a folder that has this one's files and none of its settings.
 */
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { parseEnv } from "node:util";
import * as z from "zod/mini";
import { freePort } from "../../dev/servers/free-port.ts";
import { readPage, runnable, scripts } from "../docs/commands.ts";
import { ROOT } from "../docs/openapi-file.ts";

const GUIDE = "docs/calling-from-serverpod.md";
const STACK_FILE = ".local/stack.env";
const REQUESTS_FILE = ".local/requests.http";
const VERDICT_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 20_000;
/** What is a person's own, and what a folder makes for itself. */
const NOT_SHARED = new Set([".git", ".env", ".local"]);

const resources = new AsyncDisposableStack();
const inherited = { PATH: process.env["PATH"], HOME: process.env["HOME"] };
let folder: string;
let port: number;
let stop: () => Promise<void>;
/** What npm start has printed, line by line. */
const printed: string[] = [];

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "kyc-newcomer-"));
  resources.defer(() => rm(folder, { recursive: true, force: true }));
  for (const name of (await readdir(ROOT)).filter((entry) => !NOT_SHARED.has(entry)))
    await symlink(join(ROOT, name), join(folder, name));
  port = await freePort();
  const env = { ...inherited, PORT: String(port), CONSOLE_PORT: String(await freePort()) };
  // A group of its own, for Ctrl-C reaches all of a terminal's group.
  const start = spawn("npm", ["start"], { cwd: folder, env, detached: true, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(start, "exit");
  stop = async () => {
    if (start.pid !== undefined && start.exitCode === null && start.signalCode === null)
      process.kill(-start.pid, "SIGINT");
    await exited;
  };
  resources.defer(() => stop());
  const lines = createInterface(start.stdout);
  lines.on("line", (line) => printed.push(line));
  await new Promise<void>((resolve, reject) => {
    lines.on("line", (line) => line.startsWith("Stop with Ctrl-C") && resolve());
    lines.on("close", () => reject(new Error("npm start has ended")));
  });
});

after(() => resources.disposeAsync());

interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Runs shell commands as a person would type them, at the ports of this stack. */
function type(text: string, settings: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const script = `set -eo pipefail\n${text.replaceAll("localhost:3000", `localhost:${port}`)}`;
  return new Promise((resolve) => {
    execFile("bash", ["-c", script], { cwd: folder, env: { ...inherited, ...settings } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}\n${stderr}` });
    });
  });
}

async function typeUntilDone(text: string): Promise<Ended> {
  const deadline = Date.now() + VERDICT_TIMEOUT_MS;
  for (;;) {
    const ended = await type(text);
    if (ended.code === 0 || Date.now() > deadline) return ended;
    await delay(250);
  }
}

/** What a page says that its reader will see, beside the exit code. */
const SHOWN: Readonly<Record<string, RegExp>> = {
  "npm run demo": /(\d+) of \1 cases ended as they should/,
  '"kycId":456': /HTTP\/1\.1 202 Accepted[^]*\{"jobId":"kyc-456","status":"queued"\}/,
  "npx kyc show 456": /Record 456 was verified[^]*surname .* (confirmed|agreed)[^]*Faces: compreface/,
  "npx kyc show 457":
    /Record 457 failed .* face_mismatch \(selfie\)\.\nWhat happened: [^]*What the person is told: The selfie/,
  "npx kyc doctor": /^ok +Object storage: read \d+ bytes$/m,
};

/** What the page shows below a block is what comes out, but for times, and for what it leaves out by `...`. */
function assertShown(page: string, text: string, output: string): void {
  const [, below = ""] = readPage(page).split(`${text}\n\`\`\`\n\n\`\`\`\n`);
  const [lines = ""] = below.split("```");
  const parts = lines.split(/\n|\[?\.\.\.\]?|\d{4}-\d\d-\d\dT[\d:.]+Z/).map((part) => part.trim());
  assert.ok(parts.length > 4, `${page} shows nothing below ${text}`);
  for (const part of parts) assert.ok(output.includes(part), `${page} shows: ${part}\n${output}`);
}

const hasTools = await new Promise<boolean>((resolve) => {
  execFile("bash", ["-c", "command -v psql && python3 -c 'import cryptography'"], (error) => resolve(error === null));
});

const seen = new Set<string>();
for (const { page, text } of scripts.filter((script) => script.page !== GUIDE)) {
  if (seen.has(text)) continue;
  seen.add(text);
  test(`${page}: ${text.split("\n").at(-1)?.trim()}`, async () => {
    // A verdict takes its time: what asks for one is asked again, and what submits is sent once.
    const [first, ...others] = text.split(/^(?=npx kyc show)/m);
    let { code, output } = await (first?.startsWith("npx kyc show") ? typeUntilDone(first) : type(first ?? ""));
    for (const other of others) {
      assert.equal(code, 0, output);
      const ended = await typeUntilDone(other);
      [code, output] = [ended.code, `${output}${ended.output}`];
    }
    assert.equal(code, 0, output);
    for (const [part, shown] of Object.entries(SHOWN)) if (text.includes(part)) assert.match(output, shown);
    if (/^npx kyc show/m.test(text)) assertShown(page, text, output);
  });
}

for (const text of new Set(runnable.map((mention) => mention.text))) {
  if (seen.has(text)) continue;
  test(`in the text: ${text}`, async () => {
    const { code, output } = await type(text);
    assert.equal(code, 0, output);
  });
}

test("npm run eval, over fewer passports", async () => {
  const { code, output } = await type("npm run eval -- --genuine 100 --readings 100 --pictures 0");
  assert.equal(code, 0, output);
});

test("the settings of the stack are for their owner only", async () => {
  for (const file of [STACK_FILE, REQUESTS_FILE]) assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600);
});

test("the requests to click through are answered as they stand", async () => {
  const text = await readFile(join(folder, REQUESTS_FILE), "utf8");
  const variables = new Map([...text.matchAll(/^@(\w+) = (.+)$/gm)].map(([, name, value]) => [name, value]));
  const filled = text.replaceAll(/\{\{(\w+)\}\}/g, (_all, name: string) => variables.get(name) ?? "?");
  const [, ...requests] = filled.split(/^### /m);
  assert.ok(requests.length > 5);
  for (const request of requests) {
    const [head = "", body] = request.split(/\n\n([\s\S]*)/);
    const [title = "", line = "", ...headers] = head.trimEnd().split("\n");
    const [method = "", url = ""] = line.split(" ");
    const answer = await fetch(url, {
      method,
      headers: headers.map((header): [string, string] => [header.split(": ")[0] ?? "", header.split(": ")[1] ?? ""]),
      ...(method === "POST" && { body: body ?? "" }),
    });
    assert.equal(String(answer.status), / -> (\d{3})$/.exec(title)?.[1], title);
  }
  const { code, output } = await typeUntilDone("npx kyc show 458");
  assert.equal(code, 0, output);
  assert.match(output, /^ +stamp +passed$/m);
});

test("the pages that npm start names are there", async () => {
  const urls = printed.flatMap((line) =>
    /^(Console|Queue|Worker) /.test(line) ? (line.match(/http:\S+/g) ?? []) : [],
  );
  assert.equal(urls.length, 4);
  for (const url of urls) assert.equal((await fetch(url)).status, 200, url);
});

test("the guide's Python opens a result of the stack, and the test vectors", { skip: !hasTools }, async () => {
  const guide = readPage(GUIDE);
  const [, python = ""] = /^```python\n([\s\S]*?)^```/m.exec(guide) ?? [];
  await writeFile(join(folder, "open_result.py"), python);
  const settings = parseEnv(await readFile(join(folder, STACK_FILE), "utf8"));
  const opener = scripts.find(({ page }) => page === GUIDE);
  const { code, output } = await type(opener?.text ?? "false", settings);
  assert.equal(code, 0, output);
  assert.match(output, /"kycId": 456/);

  const vectorsSchema = z.object({
    vectors: z.array(
      z.object({ keyId: z.number(), key: z.string(), kycId: z.number(), plaintext: z.string(), sealed: z.string() }),
    ),
  });
  const { vectors } = vectorsSchema.parse(JSON.parse(await readFile(join(ROOT, "docs/test-vectors.json"), "utf8")));
  assert.ok(vectors.length > 2);
  for (const { keyId, key, kycId, plaintext, sealed } of vectors.filter(({ plaintext: text }) =>
    text.startsWith("{"),
  )) {
    const opened = await type(`echo ${sealed} | python3 open_result.py ${kycId}`, {
      KYC_ENCRYPTION_KEYS: `${keyId}:${key}`,
      PYTHONIOENCODING: "utf8",
    });
    assert.equal(opened.code, 0, opened.output);
    assert.deepEqual(JSON.parse(opened.output), JSON.parse(plaintext));
  }
});

test("Ctrl-C stops npm start, which leaves no settings behind, and says no more than that", async () => {
  await stop();
  // npm may be gone before what it has started.
  const deadline = Date.now() + STOP_TIMEOUT_MS;
  while ([STACK_FILE, REQUESTS_FILE].some((file) => existsSync(join(folder, file)))) {
    assert.ok(Date.now() < deadline, "the settings are still there");
    await delay(100);
  }
  const afterwards = printed.slice(printed.indexOf("Stopping.") + 1);
  assert.ok(printed.includes("Stopping."));
  // Such as what esbuild makes of it when serverless goes.
  assert.deepEqual(
    afterwards.filter((line) => line.startsWith("functions")),
    [],
  );
});
