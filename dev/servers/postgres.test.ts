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

  test("PostgreSQL's time zone is not UTC, and its encoding is UTF-8", async () => {
    assert.equal(await ask(postgres.url, "SHOW timezone"), "Asia/Tashkent");
    assert.equal(await ask(postgres.url, "SHOW server_encoding"), "UTF8");
  });

  test("several databases are copied from a template at once", async () => {
    const template = await postgres.createDatabase("The template");
    await ask(template, "CREATE TABLE t AS SELECT 42 AS answer");
    const copies = await Promise.all(["a", "b", "c"].map((name) => postgres.createDatabase(name, "The template")));
    for (const url of copies) assert.equal(await ask(url, "SELECT answer FROM t"), 42);
  });

  test("what PostgreSQL committed survives a crash, under the same URL", async () => {
    const url = await postgres.createDatabase("crash");
    await ask(url, "CREATE TABLE t AS SELECT 'kept' AS word");
    const { pid } = postgres;
    await postgres.kill("SIGKILL");
    await assert.rejects(ask(url, "SELECT 1"));
    await postgres.restart();
    assert.notEqual(postgres.pid, pid);
    assert.equal(await ask(url, "SELECT word FROM t"), "kept");
  });
});

test("PostgreSQL leaves nothing when it is stopped, also after a crash", async () => {
  const postgres = await startPostgres();
  const data = z.string().parse(await ask(postgres.url, "SHOW data_directory"));
  await postgres.kill("SIGKILL");
  await postgres.stop();
  await postgres.stop();
  assert.throws(() => process.kill(postgres.pid, 0), { code: "ESRCH" });
  await assert.rejects(access(data), { code: "ENOENT" });
});

describe("PostgreSQL, started by root", { skip: !isRoot && "not root" }, () => {
  test("for root, PostgreSQL's programs are copied out of a folder that is closed to others", async (t) => {
    const account = await postgresAccount();
    const scratch = await openFolder(t);
    const installed = join(await closedFolder(t), "native");
    await mkdir(join(installed, "bin"), { recursive: true });
    await writeFile(join(installed, "bin", "postgres"), "the program");
    const programs = await postgresPrograms(account, scratch, installed);
    assert.equal(await canEnter(programs, account), true);
    assert.equal(await readFile(join(programs, "postgres"), "utf8"), "the program");
    assert.equal(await postgresPrograms(account, scratch, join(scratch, "native")), programs);
  });
});
