/** Measures the queue for alarms and for the scaling of the workers. */
import type { Measurements } from "../observe/metrics-emf.ts";
import type { VerificationQueue } from "./queue.ts";

type MeasuredQueue = Pick<VerificationQueue, "depth" | "oldestAgeMs" | "countWorkers">;

/**
 * Measures the backlog (waiting, running and delayed jobs: all of them need a worker), the backlog per connected
 * worker, and the age of the oldest waiting job. If Redis does not list its clients, the figures about workers are
 * missing. Throws {@link QueueUnavailableError}.
 */
export async function measureQueue(queue: MeasuredQueue): Promise<Measurements> {
  const [{ waiting, active, delayed }, oldestAgeMs, workers] = await Promise.all([
    queue.depth(),
    queue.oldestAgeMs(),
    queue.countWorkers(),
  ]);
  const backlog = waiting + active + delayed;
  return {
    BacklogJobs: { value: backlog, unit: "Count" },
    OldestJobAge: { value: (oldestAgeMs ?? 0) / 1000, unit: "Seconds" },
    ...(workers !== null && {
      BacklogPerWorker: { value: backlog / Math.max(1, workers), unit: "Count" },
      Workers: { value: workers, unit: "Count" },
    }),
  };
}
