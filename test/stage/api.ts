/** Runs the API's handler in this process, with a real queue. */
import * as z from "zod/mini";
import { createAcceptHandler } from "../../lib/intake/accept.ts";
import type { Logger } from "../../lib/observe/logger.ts";
import { createQueue } from "../../lib/queue/queue.ts";
import { connectForCaller } from "../../lib/queue/redis.ts";
import { createTokenCheck } from "../../lib/intake/service-token.ts";
import { invocation, processEvent } from "../api-event.ts";

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => SILENT };

const answerSchema = z.object({
  statusCode: z.number(),
  headers: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
  body: z.string(),
});

/** The answer to a caller. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Opens the API as one instance of its function would. */
export function openApi(environment: Readonly<Record<string, string>>) {
  const setting = (name: string) => environment[name] ?? "";
  const token = setting("KYC_SERVICE_SECRET");
  const queue = createQueue({
    redis: connectForCaller(setting("REDIS_URL"), { onError: () => {} }),
    prefix: setting("KYC_QUEUE_PREFIX") || "bull",
    attempts: Number(setting("KYC_JOB_ATTEMPTS")),
    backoffMs: Number(setting("KYC_JOB_BACKOFF_MS")),
  });
  const handler = createAcceptHandler({ isAccepted: createTokenCheck([token]), queue, log: SILENT });

  return {
    queue,
    /** Sends `POST /api/v1/process`. */
    async submit(submission: object): Promise<Answer> {
      const event = processEvent({ body: JSON.stringify(submission), token });
      const { statusCode, headers, body } = answerSchema.parse(await handler(event, invocation()));
      return { status: statusCode, headers, body };
    },
    close: () => queue.close(),
  };
}

export type Api = ReturnType<typeof openApi>;
