import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { parseAllDocuments } from "yaml";
import * as z from "zod/mini";
import { placesOfReasons, reasonsAsMarkdown } from "../../docs/reasons-table.ts";
import { CHECK_NAMES } from "../../lib/checks.ts";
import { REASONS } from "../../lib/reasons.ts";
import { ROOT } from "./openapi-file.ts";

const guide = await readFile(join(ROOT, "docs/calling-from-serverpod.md"), "utf8");

const blocks = (language: string) =>
  [...guide.matchAll(/^```(\w+)\n([\s\S]*?)^```/gm)].flatMap(([, name, text = ""]) =>
    name === language ? [text] : [],
  );

/** Tables without the spaces that align their columns. */
const bare = (markdown: string) =>
  markdown
    .replaceAll(/ *\| */g, "|")
    .replaceAll(/-{3,}/g, "---")
    .trim();

test("the tables of reasons are what the catalogue says: npm run docs", () => {
  const [, written = ""] = /<!-- reasons: [^>]*-->([\s\S]*)<!-- \/reasons -->/.exec(guide) ?? [];
  assert.equal(bare(written), bare(reasonsAsMarkdown()));
});

test("every reason has its place in a table", () => {
  const { failures, checks } = placesOfReasons();
  assert.deepEqual(new Set([...failures, ...checks]), new Set(Object.keys(REASONS)));
});

test("the model files make the table that the laptop's stack has, and more", async () => {
  const model = z.object({ fields: z.record(z.string(), z.string()) });
  const [found] = parseAllDocuments(blocks("yaml").join("\n---\n"))
    .map((document) => model.safeParse(document.toJS()))
    .flatMap(({ data }) => data ?? []);
  const sql = await readFile(join(ROOT, "dev/stack/serverpod-table.sql"), "utf8");
  const columns = [...sql.matchAll(/^ {4}"(\w+)" (\w+)/gm)];
  const types: Readonly<Record<string, string>> = {
    bigint: "int",
    text: "String",
    bytea: "ByteData",
    timestamp: "DateTime",
  };

  assert.ok(columns.length > 5);
  for (const [, name = "", type = ""] of columns.filter(([, name]) => name !== "id")) {
    const expected = name === "status" ? "KycStatus" : types[type];
    assert.equal(/^\w+/.exec(found?.fields[name] ?? "")?.[0], expected, name);
  }
});

test("the model's statuses hold those that this service reads and writes", () => {
  const status = z.object({ enum: z.literal("KycStatus"), values: z.array(z.string()) });
  const [found] = blocks("yaml").flatMap((text) => {
    const [document] = parseAllDocuments(text);
    return status.safeParse(document?.toJS()).data ?? [];
  });
  for (const name of ["in_review", "ocr_complete", "ocr_failed"]) assert.ok(found?.values.includes(name), name);
});

test("the checks that the guide relies on are checks", () => {
  const [, list = ""] = /const required = \{([^}]*)\}/.exec(blocks("dart").join("\n")) ?? [];
  const names = list.match(/\w+/g) ?? [];
  assert.ok(names.length > 5);
  const known: readonly string[] = CHECK_NAMES;
  for (const name of names) assert.ok(known.includes(name), name);
});
