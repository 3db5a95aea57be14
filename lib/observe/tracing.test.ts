import assert from "node:assert/strict";
import { test } from "node:test";
import { startCollector } from "../../test/servers/trace-collector.ts";
import { inSpan, startTracing, recordSpan } from "./tracing.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const TRACEPARENT = `00-${TRACE_ID}-b7ad6b7169203331-01`;

test("without a collector no span is recorded, and the work still runs", async () => {
  const stop = await startTracing(undefined, "0");
  const describe = () => assert.fail("without a span, nothing is described");
  assert.equal(await inSpan({ name: "work" }, async () => 7, describe), 7);
  const over = { name: "queue", startedAt: 1, endedAt: 2 };
  assert.equal(recordSpan(over), undefined);
  assert.equal(recordSpan({ ...over, traceparent: TRACEPARENT }), TRACEPARENT);
  await stop();
});

test("spans continue the caller's trace, and carry no error message", async (t) => {
  const collector = await startCollector();
  t.after(() => collector.close());
  const stop = await startTracing(collector.url, "0");
  const secret = "MUELLER";
  const startedAt = Date.now() - 86_400_000;
  const traceparent = recordSpan({
    name: "queue",
    kind: "consumer",
    traceparent: TRACEPARENT,
    startedAt,
    endedAt: startedAt + 2_500,
  });
  await assert.rejects(
    inSpan({ name: "verify", traceparent }, async () => {
      await inSpan(
        { name: "compare_faces" },
        async () => secret,
        ({ length }) => ({ length }),
      );
      await inSpan({ name: "read_passport" }, () => Promise.reject(new TypeError(secret)));
    }),
    TypeError,
  );
  await stop();
  const spanCalled = (wanted: string) =>
    collector.spans().find(({ name }) => name === wanted) ?? assert.fail(`no span ${wanted}`);
  const queue = spanCalled("queue");
  const verify = spanCalled("verify");
  const compare = spanCalled("compare_faces");
  const read = spanCalled("read_passport");
  assert.deepEqual([queue.traceId, queue.parentSpanId, queue.kind], [TRACE_ID, "b7ad6b7169203331", 5]);
  assert.deepEqual([verify.traceId, verify.parentSpanId], [TRACE_ID, queue.spanId]);
  assert.deepEqual([read.traceId, read.parentSpanId], [TRACE_ID, verify.spanId]);
  assert.deepEqual(compare.attributes, { length: secret.length });
  assert.deepEqual(read.attributes, { outcome: "TypeError" });
  assert.equal(queue.startTimeUnixNano, `${startedAt}000000`);
  assert.equal(queue.endTimeUnixNano, `${startedAt + 2_500}000000`);
  assert.ok(!collector.text().includes(secret));
});
