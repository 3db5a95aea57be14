/** Reports the parent spans of a job's run: the request that submitted it, and its wait in the queue. */
import { recordSpan } from "../../lib/observe/tracing.ts";
import { jobIdOf } from "../../lib/submission.ts";
import type { QueuedJob } from "./decide.ts";

/**
 * Reports the request and the wait to the trace when a job first runs, because the function that took the request has
 * no time for a collector. The spans of later runs are children of the caller's span.
 *
 * @returns the `traceparent` of the run's parent span.
 */
export function reportWait({ submission, attempt }: QueuedJob, now: number): string | undefined {
  const { kycId, receivedAt, submittedAt, traceparent: caller } = submission;
  if (attempt > 1) return caller;
  const attributes = { job: jobIdOf(kycId) };
  const request =
    receivedAt === undefined
      ? caller
      : recordSpan({
          name: "POST /api/v1/process",
          kind: "server",
          attributes,
          traceparent: caller,
          startedAt: receivedAt,
          endedAt: submittedAt,
        });
  return recordSpan({
    name: "queue",
    kind: "consumer",
    attributes,
    traceparent: request,
    startedAt: submittedAt,
    endedAt: Math.max(submittedAt, now),
  });
}
