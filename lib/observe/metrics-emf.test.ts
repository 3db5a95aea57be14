import assert from "node:assert/strict";
import { test } from "node:test";
import { createFunctionLogger } from "./function-logger.ts";
import { emfFields } from "./metrics-emf.ts";

test("the log fields match CloudWatch's embedded metric format", () => {
  const lines: string[] = [];
  const log = createFunctionLogger("kyc-watchdog", {}, (line) => lines.push(line));
  const fields = emfFields({
    dimensions: { FunctionName: "kyc-prod-watchdog" },
    measurements: { BacklogJobs: { value: 12, unit: "Count" }, OldestJobAge: { value: 3.5, unit: "Seconds" } },
    now: 1_700_000_000_123,
  });
  log.info({ requestId: "r", ...fields }, "sweep done");
  assert.equal(lines.length, 1);
  assert.ok(lines[0]?.endsWith("}\n"), "one line each, without which lines of a busy minute would run together");
  const line: unknown = JSON.parse(lines[0] ?? "");
  assert.partialDeepStrictEqual(line, {
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
    level: "info",
    service: "kyc-watchdog",
    requestId: "r",
    msg: "sweep done",
  });
});
