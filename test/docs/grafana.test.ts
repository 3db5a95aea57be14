/** `docs/grafana-dashboard.json` and the worker's metrics: neither has what the other does not know. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { join } from "node:path";
import { before, test } from "node:test";
import * as z from "zod/mini";
import { createMetrics } from "../../lib/observe/telemetry.ts";

const DASHBOARD = join(import.meta.dirname, "../../docs/grafana-dashboard.json");

const position = z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() });
const dashboardSchema = z.object({
  uid: z.string(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), definition: z.optional(z.string()) })) }),
  panels: z.array(
    z.object({
      id: z.number(),
      title: z.string(),
      gridPos: position,
      targets: z.optional(z.array(z.object({ expr: z.string(), legendFormat: z.string() }))),
    }),
  ),
});

let dashboard: z.infer<typeof dashboardSchema>;
let expressions: readonly string[];
/** Each metric family with its labels, as Prometheus would scrape them. */
const scraped = new Map<string, ReadonlySet<string>>();

/** The text that a worker answers after one of everything has happened. */
async function scrape(): Promise<string> {
  const queue = {
    depth: async () => ({ waiting: 1, active: 1, delayed: 1 }),
    oldestAgeMs: async () => 1_000,
    isPaused: async () => false,
  };
  const { observer, answer, close } = createMetrics({
    queue,
    prices: { GEMINI_PRICE_INPUT_PER_MILLION: 1, GEMINI_PRICE_OUTPUT_PER_MILLION: 1 },
  });
  observer.step("read_passport", "done", 1);
  observer.verdict({ status: "ocr_complete", reason: "none", ageMs: 1 });
  observer.attemptFailed("ocr_rate_limited");
  const tokens = { model: "m", inputTokens: 1, outputTokens: 1 };
  observer.call({ provider: "gemini", purpose: "passport", outcome: "answered", durationMs: 1, tokens });
  const request = new IncomingMessage(new Socket());
  const response = new ServerResponse(request);
  const text = await new Promise<string>((resolve) => {
    response.end = (body: unknown) => {
      resolve(String(body));
      return response;
    };
    answer(request, response);
  });
  await close();
  return text;
}

before(async () => {
  dashboard = dashboardSchema.parse(JSON.parse(await readFile(DASHBOARD, "utf8")));
  expressions = [
    ...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...dashboard.templating.list.flatMap(({ definition }) => definition ?? []),
  ];
  const text = await scrape();
  for (const [, name = ""] of text.matchAll(/^# TYPE (\S+) \S+$/gm)) {
    const samples = text.matchAll(new RegExp(`^${name}(?:_bucket|_sum|_count)?\\{([^}]*)\\}`, "gm"));
    const labels = [...samples].flatMap(([, inside = ""]) =>
      [...inside.matchAll(/(\w+)="/g)].map(([, label]) => label),
    );
    scraped.set(name, new Set(labels.filter((label) => label !== undefined)));
  }
});

/** The metric families that an expression asks for. */
const familiesIn = (expression: string) =>
  [...expression.matchAll(/\bkyc_\w+/g)].map(([name]) =>
    scraped.has(name) ? name : name.replace(/_(bucket|sum|count)$/, ""),
  );

test("every metric of the Grafana dashboard is a metric of the worker", () => {
  assert.ok(expressions.length > 10);
  for (const expression of expressions) {
    const families = familiesIn(expression);
    assert.notEqual(families.length, 0, `${expression} names none of the worker's metrics`);
    for (const family of families) assert.ok(scraped.has(family), `${family} is not a metric of the worker`);
  }
});

test("the Grafana dashboard shows every metric of the worker", () => {
  assert.ok(scraped.size >= 8);
  const shown = new Set(expressions.flatMap(familiesIn));
  assert.deepEqual(
    [...scraped.keys()].filter((name) => !shown.has(name)),
    [],
  );
});

test("the runbook names exactly the worker's metrics", async () => {
  const runbook = await readFile(join(import.meta.dirname, "../../docs/runbook.md"), "utf8");
  const named = [...runbook.matchAll(/`(kyc_(?!verification)\w+)`/g)].map(([, name = ""]) => name);
  assert.deepEqual(new Set(named), new Set(scraped.keys()));
});

test("every label of the Grafana dashboard is a label of its metric", () => {
  for (const { title, targets = [] } of dashboard.panels) {
    for (const { expr, legendFormat } of targets) {
      // Prometheus adds the instance; `le` is the buckets' own.
      const known = new Set([...familiesIn(expr).flatMap((name) => [...(scraped.get(name) ?? [])]), "instance", "le"]);
      const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, inside = ""]) => inside.split(/,\s*/));
      const matched = [...expr.matchAll(/(\w+)\s*=~?"/g)].map(([, label = ""]) => label);
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = ""]) => label);
      for (const label of [...grouped, ...matched, ...shown]) {
        assert.ok(known.has(label), `${title}: ${label} is not a label of its metric`);
      }
      for (const label of shown)
        assert.ok(grouped.includes(label), `${title}: its legend names ${label}, which is summed away`);
    }
  }
});

test("the Grafana panels have unique ids and do not overlap", () => {
  const { panels } = dashboard;
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    assert.ok(x + w <= 24);
    return Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`);
  });
  assert.equal(new Set(cells).size, cells.length);
});
