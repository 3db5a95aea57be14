/** `npx kyc pause` and `npx kyc resume`: stop all workers from taking jobs, and let them continue. */
import { counted, type Command } from "../command.ts";
import { withDependencies } from "../open.ts";

/** The line in reports while the queue is paused. */
export const PAUSED = "Somebody has paused the queue: no job starts until npx kyc resume.";

export const pause: Command = {
  summary: "let no further job start",
  help: `Running jobs end. The API still accepts submissions, and they wait. The watchdog goes on: it fails records that stay in
review for longer than KYC_STUCK_TIMEOUT_MIN. The pause lasts until npx kyc resume, also across restarts.`,
  run: () =>
    withDependencies(async ({ config, queue }) => {
      await queue.pauseUntilResumed();
      const { active } = await queue.depth();
      const report = `The queue is paused; ${counted(active, "running job")} will end. Submissions are accepted and wait. After ${config.KYC_STUCK_TIMEOUT_MIN} min the watchdog fails those that still wait. To go on: npx kyc resume`;
      return { ok: true, report, data: { isPaused: true, running: active } };
    }),
};

export const resume: Command = {
  summary: "let jobs start again",
  help: "Ends npx kyc pause. It does not end a pause that Gemini's rate limit asks for: that one ends automatically.",
  run: () =>
    withDependencies(async ({ queue }) => {
      await queue.resume();
      const { waiting } = await queue.depth();
      return {
        ok: true,
        report: `The queue runs: ${counted(waiting, "job")} in it.`,
        data: { isPaused: false, waiting },
      };
    }),
};
