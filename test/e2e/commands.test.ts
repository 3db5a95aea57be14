/**
 * The newcomer's path: every command of the documentation that `test/docs/commands.ts` leaves to be run, in its order and
 * as it stands, in a folder that has this one's files and none of its settings.
 */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { parseEnv } from "node:util";
import * as z from "zod/mini";
import { eventually } from "../waiting.ts";
import { freePort } from "../../dev/servers/free-port.ts";
import { readPage, runnable, scripts } from "../docs/commands.ts";
import { ROOT } from "../docs/openapi-file.ts";
import { PORTS_IN_A_ROW } from "../../dev/stack/ports.ts";
import { cloneFolder, INHERITED, typeAndWait } from "./terminal.ts";

/** Its commands open results that the other pages have asked for. */
const PYTHON_PAGE = "docs/calling-from-python.md";
const OPENER = "examples/python/open_result.py";
const STACK_FILE = ".local/stack.env";
const REQUESTS_FILE = ".local/requests.http";
const URLS_FILE = ".local/urls.txt";
/** What `npm start` takes away when it stops. */
const LEFT_OUT = [STACK_FILE, REQUESTS_FILE, URLS_FILE];
const TRIES = 120;
const resources = new AsyncDisposableStack();
let folder: string;
let port: number;
let start: Awaited<ReturnType<typeof typeAndWait>>;

before(async () => {
  folder = resources.use(await cloneFolder()).path;
  port = await freePort();
  const environment = { PORT: String(port), CONSOLE_PORT: String(await freePort(PORTS_IN_A_ROW)) };
  start = resources.use(await typeAndWait("npm start", { folder, environment, ready: /Stop with Ctrl-C/ }));
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
    execFile("bash", ["-c", script], { cwd: folder, env: { ...INHERITED, ...settings } }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: `${stdout}\n${stderr}` });
    });
  });
}

async function typeUntilDone(text: string): Promise<Ended> {
  for (let tries = 1; ; tries++) {
    const ended = await type(text);
    if (ended.code === 0 || tries === TRIES) return ended;
    await delay(250);
  }
}

/** What a page says that its reader will see, beside the exit code. */
const SHOWN: Readonly<Record<string, RegExp>> = {
  '"kycId":456': /HTTP\/1\.1 202 Accepted[^]*\{"jobId":"kyc-456","status":"queued"\}/,
  "npx kyc show 456": /Record 456 was verified[^]*surname .* confirmed[^]*Faces: compreface/,
  "npm run urls": /^Console +http:[^]*^CompreFace +http:/m,
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

test("a sample record is not in review before it is submitted, so the watchdog leaves it alone", async () => {
  const { code, output } = await type("npx kyc status 456");
  assert.equal(code, 0, output);
  assert.match(output, /^Record 456: pending/);
});

const seen = new Set<string>();
for (const { page, text } of scripts.filter((script) => script.page !== PYTHON_PAGE)) {
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
  test(`in a sentence: ${text}`, async () => {
    const { code, output } = await type(text);
    assert.equal(code, 0, output);
  });
}

test("npm run eval prints its report, here over fewer passports", async () => {
  const { code, output } = await type("npm run eval -- --genuine 100 --kinds 20 --pictures 0");
  assert.equal(code, 0, output);
});

test("the terminal of npm start shows each submission and its verdict", async () => {
  await typeUntilDone("npx kyc show 456");
  const shown = start.printed
    .filter((line) => line.includes("record 456: "))
    .map((line) => line.slice("00:00:00  ".length));
  assert.deepEqual(shown.slice(0, 2), ["record 456: queued", "record 456: ocr_complete"]);
});

test("only its owner may read the stack's settings file", async () => {
  for (const file of LEFT_OUT) assert.equal((await stat(join(folder, file))).mode & 0o777, 0o600);
});

test("every request in .local/requests.http is answered with the status in its title", async () => {
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

test("the console, the queue and the worker answer at the addresses that npm start prints", async () => {
  const urls = start.printed.flatMap((line) =>
    /^(Console|Queue|Worker) /.test(line) ? (line.match(/http:\S+/g) ?? []) : [],
  );
  assert.equal(urls.length, 4);
  for (const url of urls) assert.equal((await fetch(url)).status, 200, url);
});

test("the Python example opens a result of the stack, and the test vectors", { skip: !hasTools }, async () => {
  const settings = parseEnv(await readFile(join(folder, STACK_FILE), "utf8"));
  const opener = scripts.find(({ page }) => page === PYTHON_PAGE);
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
    const opened = await type(`echo ${sealed} | python3 ${OPENER} ${kycId}`, {
      KYC_ENCRYPTION_KEYS: `${keyId}:${key}`,
      PYTHONIOENCODING: "utf8",
    });
    assert.equal(opened.code, 0, opened.output);
    assert.deepEqual(JSON.parse(opened.output), JSON.parse(plaintext));
  }
});

test("Ctrl-C stops npm start, which deletes its settings and prints no error", async () => {
  await start.stop();
  // npm may be gone before what it has started.
  const isLeft = () => LEFT_OUT.some((file) => existsSync(join(folder, file)));
  await eventually("the settings are gone", () => !isLeft());
  // Not what esbuild makes of it when serverless goes.
  assert.deepEqual(start.printed.slice(start.printed.indexOf("Stopping.") + 1), []);
});
