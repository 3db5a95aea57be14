import assert from "node:assert/strict";
import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { type TestContext, after, before, describe, test } from "node:test";
import { Client } from "pg";
import * as z from "zod/mini";
import { canEnter, postgresAccount, postgresPrograms } from "./postgres-program.ts";
import { type Postgres, startPostgres } from "./postgres.ts";

const isRoot = process.getuid?.() === 0;

async function closedFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "kyc-test-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

async function openFolder(t: TestContext): Promise<string> {
  const folder = await closedFolder(t);
  await chmod(folder, 0o755);
  return folder;
}

/** The first column of the first row of a query on a connection of its own. */
async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: "array" });
    return z.array(z.array(z.unknown())).parse(rows)[0]?.[0];
  } finally {
    await client.end();
  }
}

describe("a running PostgreSQL", () => {
  let postgres: Postgres;
  before(async () => {
    postgres = await startPostgres();
  });
  after(() => postgres.stop());

  test("is in another time zone than UTC, and in UTF-8", async () => {
    assert.equal(await ask(postgres.url, "SHOW timezone"), "Asia/Tashkent");
    assert.equal(await ask(postgres.url, "SHOW server_encoding"), "UTF8");
  });

  test("makes databases, as copies of another too, all at once", async () => {
    const template = await postgres.createDatabase("The template");
    await ask(template, "CREATE TABLE t AS SELECT 42 AS answer");
    const copies = await Promise.all(["a", "b", "c"].map((name) => postgres.createDatabase(name, "The template")));
    for (const url of copies) assert.equal(await ask(url, "SELECT answer FROM t"), 42);
  });

  test("keeps what was committed through a crash, under the same URL", async () => {
    const url = await postgres.createDatabase("crash");
    await ask(url, "CREATE TABLE t AS SELECT 'kept' AS word");
    const { pid } = postgres;
    await postgres.kill("SIGKILL");
    await assert.rejects(ask(url, "SELECT 1"));
    await postgres.restart();
    assert.notEqual(postgres.pid, pid);
    assert.equal(await ask(url, "SELECT word FROM t"), "kept");
  });

  test("is safe against a crash of the machine only when asked to be", async () => {
    assert.equal(await ask(postgres.url, "SHOW fsync"), "off");
    await using durable = await startPostgres({ durable: true, settings: { max_connections: "7" } });
    assert.equal(await ask(durable.url, "SHOW fsync"), "on");
    assert.equal(await ask(durable.url, "SHOW max_connections"), "7");
  });
});

test("leaves nothing when stopped, after a crash either", async () => {
  const postgres = await startPostgres();
  const data = z.string().parse(await ask(postgres.url, "SHOW data_directory"));
  await postgres.kill("SIGKILL");
  await postgres.stop();
  await postgres.stop();
  assert.throws(() => process.kill(postgres.pid, 0), { code: "ESRCH" });
  await assert.rejects(access(data), { code: "ENOENT" });
});

test("finds its data again in the folder it was given", async () => {
  const directory = await mkdtemp(join(tmpdir(), "kyc-test-"));
  try {
    const first = await startPostgres({ directory });
    await ask(first.url, "CREATE TABLE t AS SELECT 1 AS one");
    await first.stop();
    await using second = await startPostgres({ directory });
    assert.equal(await ask(second.url, "SELECT one FROM t"), 1);
  } finally {
    await rm(directory, { recursive: true });
  }
});

describe("started by root", { skip: !isRoot && "not root" }, () => {
  test("its programs are copied out of a folder that is closed to others", async (t) => {
    const account = await postgresAccount();
    const scratch = await openFolder(t);
    const installed = join(await closedFolder(t), "native");
    await mkdir(join(installed, "bin"), { recursive: true });
    await writeFile(join(installed, "bin", "postgres"), "the program");
    const programs = await postgresPrograms({ account, scratch, installed });
    assert.equal(await canEnter(programs, account), true);
    assert.equal(await readFile(join(programs, "postgres"), "utf8"), "the program");
    assert.equal(await postgresPrograms({ account, scratch, installed: join(scratch, "native") }), programs);
  });

  test("says so when the data folder is closed to others", async (t) => {
    const directory = join(await closedFolder(t), "data");
    await assert.rejects(startPostgres({ directory }), /cannot enter .*data: choose a folder/);
  });
});
