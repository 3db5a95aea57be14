/** The guides for callers: their code is that of `examples/`, their model and their policy fit this service. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { parse } from "yaml";
import * as z from "zod/mini";
import { withExcerpts } from "../../docs/generator/excerpts.ts";
import { placesOfReasons, reasonsPage } from "../../docs/generator/reasons-table.ts";
import { sampleResults } from "../../docs/generator/sample-results.ts";
import { CHECK_NAMES } from "../../lib/checks.ts";
import { REASONS } from "../../lib/reasons.ts";
import { REASON_CLASSES } from "../../lib/reasons/reason.ts";
import { resultSchema } from "../../lib/result.ts";
import { ROOT } from "./openapi-file.ts";

const GUIDES = ["docs/calling-from-serverpod.md", "docs/calling-from-python.md"] as const;
const MODELS = "examples/serverpod/lib/src/models";

const read = (file: string) => readFileSync(join(ROOT, file), "utf8");
const readModel = (name: string): unknown => parse(read(`${MODELS}/${name}.spy.yaml`));

/** Tables without the spaces that align their columns. */
const bare = (markdown: string) =>
  markdown
    .replaceAll(/ *\| */g, "|")
    .replaceAll(/-{3,}/g, "---")
    .trim();

for (const guide of GUIDES) {
  test(`${guide}: every code block matches its file in examples/ (update it with: npm run docs)`, () => {
    const page = read(guide);
    const blocks = page.match(/^```(dart|python|yaml)\n/gm) ?? [];
    assert.ok(blocks.length > 0);
    assert.equal(page.match(/<!-- from \S+ -->\n\n```(dart|python|yaml)\n/g)?.length, blocks.length);
    assert.equal(page, withExcerpts(page));
  });
}

test("an excerpt whose region does not exist is an error", () => {
  const page = "<!-- from examples/serverpod/lib/server.dart#gone -->\n\n```dart\n```";
  assert.throws(() => withExcerpts(page), /has no region gone/);
});

test("the guide or its README names every file of the Dart package", () => {
  const named = read("docs/calling-from-serverpod.md") + read("examples/serverpod/README.md");
  const files = globSync("examples/serverpod/**/*.dart", { cwd: ROOT });
  assert.ok(files.length > 10);
  for (const file of files) assert.ok(named.includes(file.split("/").at(-1) ?? ""), file);
});

test("docs/reasons.md matches the catalogue (update it with: npm run docs)", () => {
  assert.equal(bare(read("docs/reasons.md")), bare(reasonsPage()));
});

test("docs/reasons.md has every reason in a table", () => {
  const { failures, checks } = placesOfReasons();
  assert.deepEqual(new Set([...failures, ...checks]), new Set(Object.keys(REASONS)));
});

test("docs/sample-results.json matches the code (update it with: npm run docs)", () => {
  const samples: unknown = JSON.parse(read("docs/sample-results.json"));
  assert.deepEqual(samples, JSON.parse(JSON.stringify(sampleResults())));
  for (const sample of Object.values(sampleResults())) resultSchema.parse(sample);
});

test("the Serverpod model has every column of the laptop's table", () => {
  const { fields } = z.object({ fields: z.record(z.string(), z.string()) }).parse(readModel("kyc_verification"));
  const columns = [...read("dev/stack/serverpod-table.sql").matchAll(/^ {4}"(\w+)" (\w+)/gm)];
  const types: Readonly<Record<string, string>> = {
    bigint: "int",
    text: "String",
    bytea: "ByteData",
    timestamp: "DateTime",
  };

  assert.ok(columns.length > 5);
  for (const [, name = "", type = ""] of columns.filter(([, name]) => name !== "id")) {
    const expected = name === "status" ? "KycStatus" : types[type];
    assert.equal(/^\w+/.exec(fields[name] ?? "")?.[0], expected, name);
  }
});

test("the Serverpod model has every status that this service reads or writes", () => {
  const status = z.object({ default: z.literal("unknown"), values: z.array(z.string()) });
  const { values } = status.parse(readModel("kyc_status"));
  for (const name of ["in_review", "ocr_complete", "ocr_failed"]) assert.ok(values.includes(name), name);
});

test("every check that the Dart policy relies on exists", () => {
  const policy = read("examples/serverpod/lib/src/kyc/policy.dart");
  const [, list = ""] = /const required = \{([^}]*)\}/.exec(policy) ?? [];
  const names = list.match(/\w+/g) ?? [];
  assert.ok(names.length > 5);
  const known: readonly string[] = CHECK_NAMES;
  for (const name of names) assert.ok(known.includes(name), name);
});

test("the Dart reader knows every class of reasons", () => {
  const reader = read("examples/serverpod/lib/src/kyc/kyc_result.dart");
  for (const name of REASON_CLASSES) assert.ok(reader.includes(`('${name}')`), name);
});
