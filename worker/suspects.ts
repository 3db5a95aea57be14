/**
 * Jobs that were running when a worker died. One of them may have killed it, and all of them look alike: so they run one
 * at a time, and only a job that was running by itself when its worker died is counted as one that kills workers.
 */
import pLimit from "p-limit";
import { jobDataSchema, type JobData } from "../lib/submission.ts";

interface Turn {
  /** The job's data, as its queue has it. */
  readonly data: unknown;
  /** How often the queue has found the job without a living worker. */
  readonly stalls: number;
  readonly update: (data: JobData) => Promise<void>;
}

/** What a job is run with: its data, and how often it took its worker down with it since it last got further. */
interface Suspected {
  readonly data: unknown;
  readonly crashes: number;
}

/** Lets suspects wait for each other; other jobs run at once. */
export function createSuspects() {
  const alone = pLimit(1);

  return {
    /** Runs a job. */
    run: <T>(turn: Turn, work: (suspected: Suspected) => Promise<T>): Promise<T> =>
      turn.stalls === 0 ? work({ data: turn.data, crashes: 0 }) : alone(async () => work(await count(turn))),
  };
}

/** Counts a crash, and notes that the job runs by itself now. */
async function count({ data, stalls, update }: Turn): Promise<Suspected> {
  const parsed = jobDataSchema.safeParse(data);
  if (!parsed.success) return { data, crashes: stalls };
  const { suspicion } = parsed.data;
  const crashes = suspicion === undefined ? 0 : suspicion.crashes + (stalls > suspicion.stalls ? 1 : 0);
  const noted = { ...parsed.data, suspicion: { stalls, crashes } };
  // Where Redis takes nothing in (it is full), the job still runs; only this crash would go uncounted.
  await update(noted).catch(() => {});
  return { data: noted, crashes };
}
