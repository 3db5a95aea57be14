/** deploy/aws.sh, with an AWS, a Docker and a Serverless that only record their calls. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";

const ROOT = join(import.meta.dirname, "../..");
const STAGES = await readFile(join(ROOT, "config/stages.yml"), "utf8");
const REPOSITORY = "123456789012.dkr.ecr.eu-test-1.amazonaws.com/kyc-worker";

/** Runs the script. `answers` are lines of a shell `case` on a program's arguments. */
async function deploy(t: TestContext, stage: string, answers: string, stages = STAGES) {
  return runScript(t, [stage], answers, stages);
}

async function runScript(t: TestContext, words: readonly string[], answers: string, stages = STAGES) {
  const folder = await mkdtemp(join(tmpdir(), "kyc-aws-"));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, "bin"));
  for (const path of ["deploy", "config", "package.json"]) {
    await cp(join(ROOT, path), join(folder, path), { recursive: true });
  }
  await symlink(join(ROOT, "node_modules"), join(folder, "node_modules"));
  await writeFile(join(folder, "config/stages.yml"), stages);
  for (const program of ["aws", "docker", "npx", "curl"]) {
    const path = join(folder, "bin", program);
    const cases = `${answers}
  *"sts get-caller-identity"*) echo 123456789012 ;;
  *"OutputValue"*) echo ${REPOSITORY} ;;`;
    await writeFile(path, `#!/bin/sh\necho "${program} $@" >>"${folder}/calls"\ncase "$*" in\n${cases}\nesac\n`);
    await chmod(path, 0o755);
  }
  const env = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}`, AWS_REGION: "eu-test-1" };
  const outcome = await new Promise<{ code: number; output: string }>((resolve) => {
    execFile("bash", [join(folder, "deploy/aws.sh"), ...words], { env }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
  const calls = await readFile(join(folder, "calls"), "utf8").catch(() => "");
  return { ...outcome, calls: calls.split("\n").filter((call) => !call.includes("ssm get-parameter")), all: calls };
}

const version = /"version": "([^"]+)"/.exec(await readFile(join(ROOT, "package.json"), "utf8"))?.[1];

test("aws.sh deploys the registry, the image and the stack in this order", async (t) => {
  const { code, output, calls, all } = await deploy(t, "prod", '  *"ecr describe-images"*) exit 1 ;;');
  assert.equal(code, 0, output);
  const order = ["deploy --stack-name kyc-registry", "buildx build", "serverless deploy --stage prod", "/health"];
  const places = order.map((what) => calls.findIndex((call) => call.includes(what)));
  assert.ok(!places.includes(-1), String(places));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
  assert.ok(
    all.includes(
      `--platform linux/arm64 --provenance=false --file Dockerfile.worker --tag ${REPOSITORY}:${version} --push`,
    ),
  );
});

test("aws.sh does not build an image that is already in the registry", async (t) => {
  const { code, calls } = await deploy(t, "dev", "");
  assert.equal(code, 0);
  assert.ok(!calls.some((call) => call.startsWith("docker")));
  assert.ok(calls.includes("npx serverless deploy --stage dev"));
});

test("aws.sh names missing parameters before it creates anything", async (t) => {
  const { code, output, calls } = await deploy(t, "prod", '  *"/kyc/prod/REDIS_URL"*|*"/kyc/prod/vpc-id"*) exit 1 ;;');
  assert.equal(code, 1);
  assert.match(output, /Not in the Parameter Store .*: \/kyc\/prod\/vpc-id \/kyc\/prod\/REDIS_URL$/m);
  assert.ok(!calls.some((call) => /cloudformation|docker|npx/.test(call)));
});

test("aws.sh requires CompreFace's parameters only in stages with CompreFace", async (t) => {
  const none = '  *"COMPREFACE"*) exit 1 ;;';
  const inProdOnly = STAGES.replace(/^prod:$/m, 'prod:\n  compreface: "off"');
  assert.equal((await deploy(t, "prod", none, inProdOnly)).code, 0);
  const dev = await deploy(t, "dev", none, inProdOnly);
  assert.match(dev.output, /: \/kyc\/dev\/COMPREFACE_URL \/kyc\/dev\/COMPREFACE_API_KEY$/m);
  const inAll = STAGES.replace('compreface: "on"', 'compreface: "off"');
  for (const stage of ["dev", "prod"]) assert.equal((await deploy(t, stage, none, inAll)).code, 0);
});

test("aws.sh checks every parameter that docs/deploy.md sets", async (t) => {
  const { all } = await deploy(t, "prod", "");
  const guide = await readFile(join(ROOT, "docs/deploy.md"), "utf8");
  const filled = [...guide.matchAll(/^put ([\w-]+) +(?:String|StringList|SecureString) /gm)].map(
    ([, name = ""]) => name,
  );
  assert.ok(filled.length >= 15);
  for (const name of filled) assert.ok(all.includes(`--name /kyc/prod/${name} `), name);
});

test("aws.sh refuses to run without a stage", async (t) => {
  const { code, output } = await deploy(t, "", "");
  assert.equal(code, 1);
  assert.match(output, /Usage: deploy\/aws\.sh <stage>/);
});

const TASK = `
  *"run-task"*) echo arn:aws:ecs:eu-test-1:123456789012:task/kyc-prod/0123abcd ;;
  *"describe-services"*) echo '{"awsvpcConfiguration":{}}' ;;
  *"logs tail"*) echo "Since 1h: 3 records failed" ;;`;

test("aws.sh kyc runs an operator's command as a task, and returns its exit code", async (t) => {
  const words = ["kyc", "prod", "failed", "--since", "1h"];
  const answers = `${TASK}
  *"describe-tasks"*) echo 1 ;;`;
  const own = STAGES.replace(/^prod:$/m, "prod:\n  KYC_STUCK_SINCE_COLUMN: submittedAt");
  const { code, output, all } = await runScript(t, words, answers, own);
  assert.equal(code, 1, output);
  assert.match(output, /^Since 1h: 3 records failed$/m);
  const overrides = {
    containerOverrides: [
      {
        name: "worker",
        command: ["node", "cli/main.ts", "failed", "--since", "1h"],
        environment: [{ name: "KYC_STUCK_SINCE_COLUMN", value: "submittedAt" }],
      },
    ],
  };
  assert.ok(all.includes(`--task-definition kyc-prod-worker --launch-type FARGATE`), all);
  assert.ok(all.includes(`--overrides ${JSON.stringify(overrides)} `), all);
  assert.ok(all.includes("--log-stream-names worker/worker/0123abcd"), all);
  assert.doesNotMatch(all, /cloudformation|docker|npx/);
});

test("aws.sh kyc reports a task that did not start", async (t) => {
  const answers = `${TASK}
  *"describe-tasks"*) echo None ;;`;
  const { code, output } = await runScript(t, ["kyc", "prod", "stats"], answers);
  assert.equal(code, 1);
  assert.match(output, /^The task did not start: aws ecs describe-tasks --cluster kyc-prod /m);
});

test("aws.sh kyc refuses commands that print personal data, read local files or do not end", async (t) => {
  for (const words of [
    ["show", "456"],
    ["--json", "show", "456"],
    ["read", "x.jpg"],
    ["replay"],
    ["stats", "--watch"],
    [],
  ]) {
    const { code, all } = await runScript(t, ["kyc", "prod", ...words], "");
    assert.equal(code, 1);
    assert.doesNotMatch(all, /run-task/);
  }
});
