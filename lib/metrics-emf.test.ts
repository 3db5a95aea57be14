import assert from "node:assert/strict";
import { test } from "node:test";
import { createMetrics } from "./metrics-emf.ts";

test("a line is what CloudWatch's embedded metric format asks for", () => {
  const lines: string[] = [];
  const metrics = createMetrics({
    namespace: "Kyc",
    dimensions: { FunctionName: "kyc-prod-watchdog" },
    write: (line) => lines.push(line),
    now: () => 1_700_000_000_123,
  });
  metrics.emit({ BacklogJobs: { value: 12, unit: "Count" }, OldestJobAge: { value: 3.5, unit: "Seconds" } });
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.endsWith("}\n"), "one line each, without which lines of a busy minute would run together");
  assert.deepEqual(JSON.parse(lines[0] ?? ""), {
    _aws: {
      Timestamp: 1_700_000_000_123,
      CloudWatchMetrics: [
        {
          Namespace: "Kyc",
          Dimensions: [["FunctionName"]],
          Metrics: [
            { Name: "BacklogJobs", Unit: "Count" },
            { Name: "OldestJobAge", Unit: "Seconds" },
          ],
        },
      ],
    },
    FunctionName: "kyc-prod-watchdog",
    BacklogJobs: 12,
    OldestJobAge: 3.5,
  });
});
