/** The image contains everything that its programs import, and every program that a task runs. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { test } from "node:test";
import * as z from "zod/mini";

const ROOT = join(import.meta.dirname, "../..");
/** Only loaded in Lambda. Lambda's runtime provides it. */
const BROUGHT_BY_LAMBDA = "@aws-sdk/client-ssm";

const dockerfile = await readFile(join(ROOT, "Dockerfile.worker"), "utf8");
const copied = [...dockerfile.matchAll(/^COPY (\w+) \.\/\w+$/gm)].map(([, folder = ""]) => folder);
const manifest = z
  .object({ dependencies: z.record(z.string(), z.string()) })
  .parse(JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")));

async function sources(): Promise<string[]> {
  const files = await Promise.all(
    copied.map(async (folder) =>
      (await readdir(join(ROOT, folder), { recursive: true })).map((file) => join(folder, file)),
    ),
  );
  return files.flat().filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
}

/** Lists a file's imports at run time, without imports of types. */
function importsOf(source: string): string[] {
  const statements = source.matchAll(
    /^(?:import|export)(?! type)[^;"']*?from "([^"]+)"|^import "([^"]+)"|import\("([^"]+)"\)/gm,
  );
  return [...statements].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");
}

test("the image copies the service's folders, and .dockerignore lets them in", async () => {
  assert.deepEqual(copied.toSorted(), ["cli", "functions", "home", "lib", "worker"]);
  const allowed = (await readFile(join(ROOT, ".dockerignore"), "utf8")).split("\n");
  for (const folder of [...copied, "package.json", "package-lock.json"])
    assert.ok(allowed.includes(`!${folder}`), folder);
  assert.ok(allowed.includes("**/*.test.ts"));
});

test("every import in the image is a copied file or a production dependency", async () => {
  let seen = 0;
  for (const file of await sources()) {
    for (const specifier of importsOf(await readFile(join(ROOT, file), "utf8"))) {
      seen += 1;
      if (specifier.startsWith(".")) {
        const target = relative(ROOT, join(ROOT, dirname(file), specifier));
        const isCopied = target === "package.json" || copied.some((folder) => target.startsWith(`${folder}/`));
        assert.ok(isCopied, `${file} imports ${specifier}`);
      } else if (!isBuiltin(specifier) && specifier !== BROUGHT_BY_LAMBDA) {
        const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? "";
        assert.ok(name in manifest.dependencies, `${file} imports ${specifier}, which is not a production dependency`);
      }
    }
  }
  assert.ok(seen > 100, `only ${seen} imports were seen`);
});

test("every program that Dockerfile, tasks and compose run is in the image", async () => {
  const files = new Set(await sources());
  const places = ["Dockerfile.worker", "docker-compose.yml", "resources/worker.yml"];
  for (const place of places) {
    const text = await readFile(join(ROOT, place), "utf8");
    const programs = text.match(/\b(?:worker|functions|home|cli)\/[\w-]+\.ts\b/g) ?? [];
    assert.ok(programs.length > 0, place);
    for (const program of programs) assert.ok(files.has(program), `${place}: ${program}`);
  }
});

test("npx kyc runs with the image's files and production dependencies, without writing a file", async (t) => {
  const image = await mkdtemp(join(tmpdir(), "kyc-image-"));
  t.after(() => rm(image, { recursive: true }));
  const isCopied = (path: string) => !path.endsWith(".test.ts");
  for (const path of copied) await cp(join(ROOT, path), join(image, path), { recursive: true, filter: isCopied });
  const lock = z
    .object({ packages: z.record(z.string(), z.object({ dev: z.optional(z.boolean()) })) })
    .parse(JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8")));
  for (const [path, { dev }] of Object.entries(lock.packages)) {
    const isTop = path.startsWith("node_modules/") && path.indexOf("node_modules/", 1) === -1;
    if (!isTop || dev === true || !existsSync(join(ROOT, path))) continue;
    await mkdir(dirname(join(image, path)), { recursive: true });
    await symlink(join(ROOT, path), join(image, path));
  }
  const { bin, ...rest } = z
    .looseObject({ bin: z.object({ kyc: z.string() }) })
    .parse(JSON.parse(await readFile(join(ROOT, "package.json"), "utf8")));
  await writeFile(join(image, "package.json"), JSON.stringify(rest));
  const [, target = "", link = ""] = /^RUN ln -s (\S+) (\S+) && npm pkg delete bin$/m.exec(dockerfile) ?? [];
  assert.equal(target, `../../${bin.kyc}`);
  await mkdir(dirname(join(image, link)), { recursive: true });
  await symlink(target, join(image, link));
  const settings = Object.fromEntries(
    (/^ENV (.+)$/m.exec(dockerfile)?.[1] ?? "").split(" ").map((entry) => entry.split("=")),
  );
  const env = {
    ...settings,
    PATH: [dirname(process.execPath), process.env["PATH"]].join(":"),
    // A file instead of a folder, so that no program can write to its home.
    HOME: join(image, "package.json"),
    // Look for a package's own dependencies in the image too.
    NODE_OPTIONS: "--preserve-symlinks",
  };
  const kyc = (...args: string[]) =>
    new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
      execFile("npx", ["kyc", ...args], { cwd: image, env, timeout: 60_000 }, (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
      });
    });
  const help = await kyc("--help");
  assert.equal(help.code, 0, help.stderr);
  assert.match(help.stdout, /^Usage: npx kyc/);
  const doctor = await kyc("doctor");
  assert.equal(doctor.code, 1, doctor.stderr);
  assert.match(doctor.stdout, /WRONG +Settings of the worker: REDIS_URL/);
});

test("the image runs as an unprivileged user, in UTC, and receives signals", () => {
  assert.match(dockerfile, /^USER 1000:1000$/m);
  assert.match(dockerfile, /^ENV NODE_ENV=production TZ=UTC /m);
  assert.match(dockerfile, /^STOPSIGNAL SIGTERM$/m);
  assert.match(dockerfile, /^CMD \["node", /m);
  assert.match(dockerfile, /^RUN npm ci --omit=dev --ignore-scripts /m);
  const bases = [...dockerfile.matchAll(/^FROM (\S+)/gm)].map(([, base]) => base);
  assert.equal(new Set(bases).size, 1);
  assert.match(bases[0] ?? "", /^node:24\.\d+\.\d+-slim@sha256:[0-9a-f]{64}$/);
});
