/** The spans above a job's run: the request that submitted it, and its wait in the queue. */
import type { JobData } from "../lib/submission.ts";
import { tellSpan } from "../lib/observe/tracing.ts";
import type { QueuedJob } from "./run-job.ts";

/**
 * Tells of the request and of the wait, when a job first runs: the request's own function has no time for a collector.
 * The job's further runs go on from the request's span, which its data keeps.
 *
 * @returns the job's data with that span, and the span that the run belongs to.
 */
export function openTrace({ id, attempt, enqueuedAt }: QueuedJob, data: JobData | undefined, now: number) {
  if (data === undefined || attempt > 1 || data.baseline !== undefined) return { data, parent: data?.traceparent };
  const { receivedAt, traceparent: caller } = data;
  const attributes = { job: id };
  const request =
    receivedAt === undefined
      ? caller
      : tellSpan({
          name: "POST /api/v1/process",
          kind: "server",
          attributes,
          traceparent: caller,
          startedAt: receivedAt,
          endedAt: enqueuedAt,
        });
  const waited = tellSpan({
    name: "queue",
    kind: "consumer",
    attributes,
    traceparent: request,
    startedAt: enqueuedAt,
    endedAt: Math.max(enqueuedAt, now),
  });
  return { data: { ...data, traceparent: request ?? waited }, parent: waited };
}
