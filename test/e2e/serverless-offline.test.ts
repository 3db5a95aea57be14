/** The two commands for users of Serverless, as the README has them, beside servers that are not ours. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "../../dev/servers/free-port.ts";
import { SAMPLE_CASES } from "../../dev/samples/cases.ts";
import { createBackend } from "../../dev/stack/backend.ts";
import { startDependencies, type Dependencies } from "../../dev/stack/dependencies.ts";
import { runCase } from "../../dev/stack/run-case.ts";
import { blocks } from "../docs/commands.ts";
import { cloneFolder, INHERITED, typeAndWait } from "./terminal.ts";

const README = blocks.filter(({ page }) => page === "README.md");
const [offline = "false", worker = "false"] =
  README.find(({ text }) => text.startsWith("npx serverless offline"))
    ?.text.trim()
    .split("\n") ?? [];

const resources = new AsyncDisposableStack();
let dependencies: Dependencies;
let folder: string;
let ports: string;
let apiUrl: string;

before(async () => {
  dependencies = resources.use(
    await startDependencies({ environment: {}, progress: () => {}, latencyMs: { gemini: 20, compreface: 20 } }),
  );
  folder = resources.use(await cloneFolder()).path;
  const settings = Object.entries(dependencies.environment).map(([name, value]) => `${name}='${value}'`);
  await writeFile(join(folder, ".env"), settings.join("\n"));
  const port = await freePort();
  apiUrl = `http://localhost:${port}`;
  ports = `--httpPort ${port} --lambdaPort ${await freePort()}`;
  const environment = { WORKER_HEALTH_PORT: String(await freePort()) };
  resources.use(await typeAndWait(`${offline} ${ports}`, { folder, ready: /Server ready/ }));
  resources.use(await typeAndWait(worker, { folder, environment, ready: /worker ready/ }));
});

after(() => resources.disposeAsync());

test("npx serverless offline and npm run worker together verify a submission", async () => {
  await using cleanUp = new AsyncDisposableStack();
  const backend = createBackend({ apiUrl, environment: dependencies.environment });
  cleanUp.defer(() => backend.close());
  const sample = SAMPLE_CASES.find(({ name }) => name === "genuine and matching") ?? assert.fail();
  assert.deepEqual((await runCase(sample, 1, { backend, dependencies })).faults, []);
});

test("npx serverless offline says in one sentence that its port is in use", async () => {
  const { code, output } = await new Promise<{ code: unknown; output: string }>((resolve) => {
    execFile("bash", ["-c", `${offline} ${ports}`], { cwd: folder, env: INHERITED }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, output: stdout + stderr }),
    );
  });
  assert.equal(code, 1);
  assert.match(output, /^Port \d+ is already in use\. Stop what uses it, or add --httpPort \d+$/m);
  assert.doesNotMatch(output, /^ +at /m);
});
