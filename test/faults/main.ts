/**
 * The fault matrix: plays every row and prints the outcome. Exits with 0 only if every row held.
 *
 * ```
 * node test/faults/main.ts [--at-once 2] [--files "kills|fleet"]
 * ```
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { run } from "node:test";
import { parseArgs } from "node:util";
import { formatTable } from "../../dev/stack/table.ts";
import { SEPARATOR } from "./row.ts";

const { values: options } = parseArgs({
  options: { "at-once": { type: "string", default: "2" }, files: { type: "string", default: "" } },
});

interface Row {
  readonly id: string;
  readonly fault: string;
  readonly outcome: string;
  readonly held: boolean;
  readonly seconds: string;
}

/** The longest files. They start first, so that none of them runs alone at the end. */
const LONGEST = ["limits", "redis-outages", "postgres-outages", "fleet", "overload", "races"];

const startedAt = performance.now();
const rows: Row[] = [];
const seconds = (ms: number) => (ms / 1_000).toFixed(1);

/** Notes the end of a row. Other tests, and the files that contain them, are no rows. */
function note(name: string, held: boolean, durationMs: number): void {
  const [id, fault, outcome] = name.split(SEPARATOR);
  if (id === undefined || fault === undefined || outcome === undefined) return;
  rows.push({ id, fault, outcome, held, seconds: seconds(durationMs) });
  console.log(`${seconds(performance.now() - startedAt).padStart(6)} s  ${held ? "ok  " : "BROKEN"}  ${id}  ${fault}`);
}

async function play(): Promise<boolean> {
  const found = (await readdir(import.meta.dirname)).filter((name) => name.endsWith(".test.ts"));
  const longest = LONGEST.map((name) => `${name}.test.ts`).filter((name) => found.includes(name));
  const names = [...new Set([...longest, ...found])];
  const chosen = names.filter((name) => new RegExp(options.files).test(name));
  const failures: string[] = [];
  const events = run({
    files: chosen.map((name) => join(import.meta.dirname, name)),
    concurrency: Number(options["at-once"]),
    timeout: 600_000,
  });
  events.on("test:pass", ({ name, details }) => note(name, true, details.duration_ms));
  events.on("test:fail", ({ name, file, details }) => {
    note(name, false, details.duration_ms);
    const { cause } = details.error;
    failures.push(`${file ?? ""}: ${name}\n${cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)}`);
  });
  for await (const event of events) void event;

  const order = (id: string) => (/^\d+$/.test(id) ? Number(id) : 100);
  const sorted = rows.toSorted((one, other) => order(one.id) - order(other.id));
  console.log(
    `\n${formatTable(
      ["row", "fault", "outcome", "held", "s"],
      sorted.map((row) => [row.id, row.fault, row.outcome, row.held ? "yes" : "NO", row.seconds]),
    )}`,
  );
  for (const failure of failures) console.log(`\n${failure}`);
  const broken = rows.filter(({ held }) => !held).length;
  console.log(`\n${rows.length - broken} of ${rows.length} rows held, in ${seconds(performance.now() - startedAt)} s.`);
  return rows.length > 0 && failures.length === 0;
}

process.exitCode = (await play()) ? 0 : 1;
