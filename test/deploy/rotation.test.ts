/** Reads the steps for new tokens and keys from docs/runbook.md and runs them on a running service. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { createBackend } from "../../dev/stack/backend.ts";
import { startDependencies, type Dependencies } from "../../dev/stack/dependencies.ts";
import { runCase } from "../../dev/stack/run-case.ts";
import { SAMPLE_CASES } from "../../dev/samples/cases.ts";
import { startServerProcess } from "../../dev/servers/server-process.ts";
import { startWorker } from "../../dev/stack/service.ts";

const ROOT = join(import.meta.dirname, "../..");
const run = promisify(execFile);

const resources = new AsyncDisposableStack();
let dependencies: Dependencies;
let nextId = 1;

before(async () => {
  dependencies = resources.use(
    await startDependencies({ environment: {}, progress: () => {}, latencyMs: { gemini: 20, compreface: 20 } }),
  );
});

after(() => resources.disposeAsync());

type Settings = Readonly<Record<string, string>>;

/** Reads the numbered steps of a section of the runbook, as the settings of each step. */
async function stepsOf(title: string, values: Settings): Promise<Settings[]> {
  const runbook = await readFile(join(ROOT, "docs/runbook.md"), "utf8");
  const [, section = ""] = runbook.split(`## ${title}\n`);
  const lines = (section.split("\n## ")[0] ?? "").split("\n").filter((line) => /^\d+\. /.test(line));
  assert.ok(lines.length >= 3, title);
  const fill = (text: string) => text.replaceAll(/OLD|NEW/g, (name) => values[name] ?? "");
  return lines.map((line) =>
    Object.fromEntries(
      [...line.matchAll(/`([A-Z_]+)=([^`]*)`/g)].map(([, name = "", value = ""]) => [name, fill(value)]),
    ),
  );
}

/** Starts another API with these settings while the rest runs, like a deployment. */
async function startApi(environment: Settings) {
  let port: string | undefined;
  const server = await startServerProcess({
    name: "functions",
    command: process.execPath,
    args: () => [join(ROOT, "home/main.ts")],
    readyLine: /functions ready/,
    stopSignal: "SIGTERM",
    scratch: await mkdtemp(join(tmpdir(), "kyc-rotation-")),
    environment: { PATH: process.env["PATH"], ...environment, API_PORT: "0" },
    log: (line) => (port ??= /"port":(\d+)/.exec(line)?.[1]),
  });
  return { url: `http://127.0.0.1:${port ?? assert.fail("no port")}`, stop: () => server.stop() };
}

async function deploy(settings: Settings) {
  const environment = { ...dependencies.environment, ...settings };
  const [api, worker] = await Promise.all([startApi(environment), startWorker({ environment })]);
  return {
    url: api.url,
    stop: async () => void (await Promise.all([api.stop(), worker.stop()])),
  };
}

type Deployed = Awaited<ReturnType<typeof deploy>>;

/** Creates a backend with this token and these keys. */
const backendWith = ({ url }: Deployed, settings: Settings) =>
  createBackend({ apiUrl: url, environment: { ...dependencies.environment, ...settings } });

async function statusFor(deployed: Pick<Deployed, "url">, token: string): Promise<number> {
  const answer = await fetch(`${deployed.url}/api/v1/process`, {
    method: "POST",
    headers: { "x-service-token": token },
  });
  await answer.body?.cancel();
  return answer.status;
}

test("while the service token is rotated, no caller is refused", async () => {
  const values = { OLD: randomBytes(16).toString("hex"), NEW: randomBytes(16).toString("hex") };
  const [both, , onlyNew] = await stepsOf("Rotating the service token", values);
  assert.ok(both && onlyNew);
  assert.deepEqual(both, { KYC_SERVICE_SECRET: values.NEW, KYC_SERVICE_SECRET_PREVIOUS: values.OLD });
  /** Whether a caller with this token passes: then its empty request gets 400. */
  const accepts = async (deployed: Deployed, token: string) => (await statusFor(deployed, token)) === 400;

  // An instance of a function may start between two settings of the same step.
  const soFar = new Map([["KYC_SERVICE_SECRET", values.OLD]]);
  for (const [name, value] of Object.entries(both)) {
    soFar.set(name, value);
    const api = await startApi({ ...dependencies.environment, ...Object.fromEntries(soFar) });
    assert.equal(await statusFor(api, values.OLD), 400, `after ${name}`);
    await api.stop();
  }

  const before = await deploy({ KYC_SERVICE_SECRET: values.OLD });
  assert.equal(await accepts(before, values.OLD), true);
  const during = await deploy(both);
  for (const token of [values.OLD, values.NEW]) assert.equal(await accepts(during, token), true);
  // Old instances still run, so callers must keep the old token.
  assert.equal(await accepts(before, values.OLD), true);
  await before.stop();
  const after = await deploy(onlyNew);
  // Instances of both kinds answer, and both accept a caller with the new token.
  for (const deployed of [during, after]) assert.equal(await accepts(deployed, values.NEW), true);
  await during.stop();
  assert.equal(await statusFor(after, values.OLD), 401);
  await after.stop();
});

test("while the encryption key is rotated, the reader can open all results at every step", async () => {
  const [OLD, NEW] = [randomBytes(32).toString("base64"), randomBytes(32).toString("base64")];
  const steps = await stepsOf("Rotating the encryption key", { OLD, NEW });
  const [known, sealing, forgotten, ...others] = steps.filter((step) => step["KYC_ENCRYPTION_KEYS"] !== undefined);
  assert.ok(known && sealing && forgotten);
  assert.deepEqual(others, []);
  const kycIds: number[] = [];
  const sample = SAMPLE_CASES.find(({ name }) => name === "genuine and matching") ?? assert.fail();
  const only = (keys: string) => ({ KYC_ENCRYPTION_KEYS: keys });

  async function verify(deployed: Deployed, keys: Settings): Promise<void> {
    const backend = backendWith(deployed, keys);
    try {
      const kycId = nextId++;
      kycIds.push(kycId);
      const outcome = await runCase(sample, kycId, { backend, dependencies });
      assert.equal(outcome.status, "ocr_complete");
      for (const each of kycIds) assert.equal((await backend.openResult(each))?.kycId, each);
    } finally {
      await backend.close();
    }
  }

  // Step 1: the backend gets both keys before any other change.
  const backendKeys = only(`1:${OLD},2:${NEW}`);
  const before = await deploy(only(`1:${OLD}`));
  await verify(before, backendKeys);
  // Step 2. Old and new workers both run, so either may take the job: what either seals must open.
  const first = await deploy(known);
  await verify(first, backendKeys);
  await verify(before, only(`1:${OLD}`));
  await before.stop();
  // Step 3, also while old workers still run.
  const second = await deploy(sealing);
  await verify(second, backendKeys);
  await verify(first, backendKeys);
  await first.stop();
  await verify(second, backendKeys);
  // Step 4: seal all results again.
  assert.match(await resealed({ ...dependencies.environment, ...sealing }), /results are now sealed with key 2/);
  assert.match(await resealed({ ...dependencies.environment, ...sealing }), /^0 results/);
  // Step 5: no part of the service has the old key.
  const last = await deploy(forgotten);
  await second.stop();
  await verify(last, forgotten);
  await last.stop();
  assert.equal(forgotten["KYC_ENCRYPTION_KEYS"], `2:${NEW}`);
});

async function resealed(environment: Settings): Promise<string> {
  const runbook = await readFile(join(ROOT, "docs/runbook.md"), "utf8");
  assert.ok(runbook.includes("`npx kyc reseal`"));
  const { stdout } = await run(process.execPath, [join(ROOT, "cli/main.ts"), "reseal"], {
    env: { PATH: process.env["PATH"], ...environment },
    cwd: tmpdir(),
  });
  return stdout;
}
