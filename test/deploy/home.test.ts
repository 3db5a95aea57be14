/** The server at home: docker-compose.yml and deploy/home.sh. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { parse } from "yaml";
import * as z from "zod/mini";
import { VARIABLES } from "../../lib/config.ts";
import { parseKeyring } from "../../lib/record/envelope.ts";

const ROOT = join(import.meta.dirname, "../..");
const OURS = ["api", "worker"] as const;
const COMPREFACE = ["postgres-db", "admin", "api", "core", "fe"].map((part) => `compreface-${part}`);

const serviceSchema = z.looseObject({
  image: z.string(),
  environment: z._default(z.record(z.string(), z.string()), {}),
  ports: z._default(z.array(z.string()), []),
  volumes: z._default(z.array(z.string()), []),
  stop_grace_period: z.optional(z.string()),
  healthcheck: z.optional(z.object({ test: z.array(z.string()) })),
});
const composeSchema = z.object({
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.looseObject({})),
});

const text = await readFile(join(ROOT, "docker-compose.yml"), "utf8");
const compose = composeSchema.parse(parse(text, { merge: true }));
const service = (name: string) => compose.services[name] ?? assert.fail(name);

test("at home, the worker gets exactly the variables of its configuration, and the one that only commands read", () => {
  const read = [...VARIABLES.worker, "KYC_STUCK_SINCE_COLUMN"];
  assert.deepEqual(Object.keys(service("worker").environment).toSorted(), read.toSorted());
});

test("at home, the functions get exactly the variables of all functions, and their port", () => {
  const asked = new Set([...VARIABLES.process, ...VARIABLES.watchdog, "API_PORT"]);
  assert.deepEqual(Object.keys(service("api").environment).toSorted(), [...asked].toSorted());
});

test("at home, worker and functions share one read-only image and have the time to stop", () => {
  for (const name of OURS) {
    assert.equal(service(name).image, service("worker").image);
    assert.partialDeepStrictEqual(service(name), {
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
    });
  }
  const { WORKER_SHUTDOWN_TIMEOUT_MS, GEMINI_TIMEOUT_MS } = service("worker").environment;
  const graceMs = Number(WORKER_SHUTDOWN_TIMEOUT_MS);
  // The slowest job: pictures in 30 s, then the passport, then its zone again.
  assert.ok(graceMs > 30_000 + 2 * Number(/\d+/.exec(GEMINI_TIMEOUT_MS ?? "")?.[0]));
  assert.ok(Number.parseInt(service("worker").stop_grace_period ?? "", 10) * 1000 > graceMs + 5_000);
});

test("at home, every service has a health check and a pinned image, and publishes only configured ports", () => {
  for (const [name, { healthcheck, image, ports }] of Object.entries(compose.services)) {
    // The worker's image is built here and has its own health check.
    if (name !== "worker") assert.ok(healthcheck !== undefined, `${name} has no health check`);
    assert.match(image, /:(?:v?\d|\$\{KYC_IMAGE_TAG:-local\})/, name);
    for (const port of ports) assert.match(port, /^\$\{KYC_BIND:-127\.0\.0\.1\}:/, name);
  }
});

test("at home, the worker's health check is the one of its image", async () => {
  const dockerfile = await readFile(join(ROOT, "Dockerfile.worker"), "utf8");
  assert.match(
    dockerfile,
    /HEALTHCHECK .*\\\n +CMD \["node", "worker\/check-health\.ts", "http:\/\/127\.0\.0\.1:8080\/health"\]/,
  );
  assert.equal(service("worker").environment["WORKER_HEALTH_PORT"], "8080");
});

test("at home, Redis writes an append-only file and evicts nothing", () => {
  const { command } = z.object({ command: z.array(z.string()) }).parse(service("redis"));
  const words = command.join(" ");
  assert.match(words, /--appendonly yes/);
  assert.match(words, /--maxmemory-policy noeviction/);
  assert.ok(service("redis").volumes.some((volume) => volume.endsWith(":/data")));
});

test("at home, the images of Redis, PostgreSQL and Garage are pinned by digest", () => {
  for (const name of ["redis", "postgres", "garage"])
    assert.match(service(name).image, /:v?\d[^@]+@sha256:[0-9a-f]{64}$/);
});

test("at home, CompreFace has the ArcFace model and keeps its data in the volume compreface_data", () => {
  for (const name of COMPREFACE) assert.match(service(name).image, /^exadel\/compreface-[a-z-]+:1\.2\.0/);
  assert.equal(service("compreface-core").image, "exadel/compreface-core:1.2.0-arcface-r100");
  assert.deepEqual(service("compreface-postgres-db").volumes, ["compreface_data:/var/lib/postgresql/data"]);
  assert.deepEqual(compose.volumes["compreface_data"], { name: "compreface_data" });
});

/** Makes a folder with the files of home.sh, and a fake docker that only logs its calls. */
async function prepare(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), "kyc-home-"));
  t.after(() => rm(folder, { recursive: true }));
  await Promise.all([mkdir(join(folder, "deploy")), mkdir(join(folder, "bin"))]);
  await copyFile(join(ROOT, "deploy/home.sh"), join(folder, "deploy/home.sh"));
  const docker = join(folder, "bin/docker");
  await writeFile(
    docker,
    `#!/bin/sh
echo "$@" >>"${folder}/calls"
case "$*" in
  *"garage status") [ -e "${folder}/assigned" ] || echo "aaaa  box  NO ROLE ASSIGNED" ;;
  *"node id --quiet") echo "aaaa@127.0.0.1:3901" ;;
  *"layout apply"*) touch "${folder}/assigned" ;;
  *"key info"*) [ -e "${folder}/key" ] ;;
  *"key import"*) touch "${folder}/key" ;;
  *"bucket info"*) [ -e "${folder}/bucket" ] ;;
  *"bucket create"*) touch "${folder}/bucket" ;;
esac
`,
  );
  await chmod(docker, 0o755);
  const run = () =>
    new Promise<{ code: number; output: string }>((resolve) => {
      const env = { PATH: `${join(folder, "bin")}:${process.env["PATH"]}` };
      execFile("bash", [join(folder, "deploy/home.sh")], { env }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
      });
    });
  const settings = async () =>
    new Map(
      (await readFile(join(folder, ".env"), "utf8"))
        .split("\n")
        .filter((line) => /^\w+=/.test(line))
        .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)] as const),
    );
  const calls = async () => (await readFile(join(folder, "calls"), "utf8")).trim().split("\n");
  return { folder, run, settings, calls };
}

test("home.sh first writes .env with every variable except the Gemini key, readable by its owner only", async (t) => {
  const { folder, run, settings } = await prepare(t);
  const { code, output } = await run();
  assert.equal(code, 1);
  assert.match(output, /Set GEMINI_API_KEY in \.env to a key of the Gemini API/);
  assert.equal((await stat(join(folder, ".env"))).mode & 0o777, 0o600);
  const written = await settings();
  const required = [...text.matchAll(/\$\{(\w+):\?/g)].map(([, name = ""]) => name);
  for (const name of new Set(required)) assert.equal(written.get(name) === "", name === "GEMINI_API_KEY", name);
  assert.equal(parseKeyring(written.get("KYC_ENCRYPTION_KEYS") ?? "")[0]?.id, 1);
  assert.match(written.get("S3_ACCESS_KEY") ?? "", /^GK[0-9a-f]{24}$/);
  assert.match(written.get("S3_SECRET_KEY") ?? "", /^[0-9a-f]{64}$/);
  const secrets = [...written.values()].filter((value) => value.length > 20);
  assert.equal(new Set(secrets).size, secrets.length);
});

test("home.sh starts everything and prepares the storage, and changes nothing when run again", async (t) => {
  const { folder, run, settings, calls } = await prepare(t);
  await run();
  const env = join(folder, ".env");
  await writeFile(env, (await readFile(env, "utf8")).replace("GEMINI_API_KEY=", "GEMINI_API_KEY=key"));
  const written = await settings();
  const first = await run();
  assert.equal(first.code, 0, first.output);
  assert.match(first.output, /One thing is left: CompreFace/);
  assert.ok(!first.output.includes(written.get("KYC_SERVICE_SECRET") ?? "?"), "the token stays in .env");
  const key = written.get("S3_ACCESS_KEY") ?? "";
  const garage = "compose exec -T garage /garage";
  const expected = [
    "compose up --detach --build",
    `${garage} layout assign --zone home --capacity 10G aaaa`,
    `${garage} layout apply --version 1`,
    `${garage} key import --yes -n kyc ${key} ${written.get("S3_SECRET_KEY")}`,
    `${garage} bucket create kyc-data`,
    `${garage} bucket allow --read --write kyc-data --key ${key}`,
    "compose up --detach --wait api worker",
  ];
  const made = await calls();
  assert.deepEqual(
    made.filter((call) => expected.includes(call)),
    expected,
  );
  await rm(join(folder, "calls"));
  assert.equal((await run()).code, 0);
  assert.deepEqual(await settings(), written);
  const again = await calls();
  for (const call of again) assert.doesNotMatch(call, /layout|key import|bucket create/);
});

test("home.sh gives Garage the capacity that .env sets", async (t) => {
  const { folder, run, calls } = await prepare(t);
  await writeFile(join(folder, ".env"), "GEMINI_API_KEY=key\nKYC_GARAGE_CAPACITY=2T\n");
  assert.equal((await run()).code, 0);
  assert.ok((await calls()).some((call) => call.endsWith("layout assign --zone home --capacity 2T aaaa")));
});

test("docs/home.md names exactly the settings that compose fixes", async () => {
  const guide = await readFile(join(ROOT, "docs/home.md"), "utf8");
  const [, named = ""] = /sets what belongs to the box: (.*?)\. In/.exec(guide) ?? [];
  const fixed = OURS.flatMap((name) => Object.entries(service(name).environment))
    // A variable that .env sets under its own name needs no entry.
    .filter(([name, value]) => !value.includes(`\${${name}:`))
    .map(([name]) => name);
  assert.deepEqual(
    [...named.matchAll(/`(\w+)`/g)].map(([, name = ""]) => name).toSorted(),
    [...new Set(fixed)].toSorted(),
  );
});
