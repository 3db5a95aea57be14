/** Checks whether the backend's table exists, has this service's columns, and lets the user read and write them. */
import type { WorkerConfig } from "../../lib/config.ts";
import { createRecords, type Column } from "../../lib/record/records.ts";
import { ok, wrong, type Finding } from "./finding.ts";

/** The types that Serverpod generates, by column. */
const COLUMN_TYPES: Readonly<Record<string, RegExp>> = {
  id: /^bigint$/,
  status: /^text$/,
  ocrResult: /^bytea$/,
  reviewedAt: /^timestamp/,
};

/** The columns that a verdict writes. */
const WRITTEN = ["status", "ocrResult", "reviewedAt"];

/** Checks the table. `sinceColumn` is the watchdog's column. Throws {@link RecordsUnavailableError}. */
export async function checkPostgres(
  { POSTGRES_URL: url }: Pick<WorkerConfig, "POSTGRES_URL">,
  sinceColumn = "createdAt",
): Promise<readonly Finding[]> {
  const records = createRecords({ url });
  try {
    const { columns, timeZone } = await records.describeTable();
    const wanted = { ...COLUMN_TYPES, [sinceColumn]: /^timestamp/ };
    return [
      checkColumns(columns, wanted),
      checkGrants(columns, Object.keys(wanted)),
      ok("PostgreSQL time zone", `${timeZone} (this service's transactions use UTC)`),
    ];
  } finally {
    await records.close();
  }
}

function checkColumns(columns: ReadonlyMap<string, Column>, wanted: Readonly<Record<string, RegExp>>): Finding {
  const faults = Object.entries(wanted)
    .filter(([name, type]) => !type.test(columns.get(name)?.type ?? ""))
    .map(([name]) => `${name} is ${columns.get(name)?.type ?? "missing"}`);
  if (faults.length === 0) return ok("PostgreSQL table", "kyc_verification has the columns that are needed");
  const fix =
    "generate the table with Serverpod as docs/calling-from-serverpod.md shows; KYC_STUCK_SINCE_COLUMN must name one of its timestamps";
  return wrong("PostgreSQL table", { detail: faults.join(", "), fix });
}

function checkGrants(columns: ReadonlyMap<string, Column>, read: readonly string[]): Finding {
  const refused = (names: readonly string[], may: (column: Column) => boolean) =>
    names.filter((name) => columns.has(name) && !may(columns.get(name) ?? NOT_THERE));
  const unread = refused(read, ({ canRead }) => canRead);
  const unwritten = refused(WRITTEN, ({ canUpdate }) => canUpdate);
  if (unread.length === 0 && unwritten.length === 0) return ok("PostgreSQL grants", "SELECT and UPDATE");
  const detail = [
    ...(unread.length === 0 ? [] : [`the user may not read ${unread.join(", ")}`]),
    ...(unwritten.length === 0 ? [] : [`the user may not update ${unwritten.join(", ")}`]),
  ].join("; ");
  const fix = "GRANT SELECT, UPDATE ON kyc_verification to the user in POSTGRES_URL, or no verdict can be saved";
  return wrong("PostgreSQL grants", { detail, fix });
}

const NOT_THERE: Column = { type: "", canRead: false, canUpdate: false };
