/**
 * Runs the steps of a job, and times, traces and logs each. It keeps paid answers in Redis, sealed, so that neither a
 * retry nor a repeated submission of the same pictures pays again.
 */
import { createHash } from "node:crypto";
import * as z from "zod/mini";
import { describeError, reasonOf } from "../../lib/errors.ts";
import type { Picture } from "../../lib/images/images.ts";
import type { Logger } from "../../lib/observe/logger.ts";
import { NO_OBSERVER, type Observer } from "../../lib/observe/telemetry.ts";
import { inSpan } from "../../lib/observe/tracing.ts";
import { callSchema, collectCalls, type Call } from "../../lib/observe/calls.ts";
import type { CachedRecord, RecordCache } from "../../lib/queue/record-cache.ts";
import type { Envelope } from "../../lib/record/envelope.ts";
import type { QueuedSubmission } from "../../lib/submission.ts";
import { createSealedAnswers } from "./sealed-answers.ts";

/** A question that may cost money. An equal name, model and pictures make it the same question. */
interface PaidQuestion<T> {
  /** The step's name. */
  readonly name: string;
  readonly model: string;
  readonly pictures: readonly Picture[];
  readonly schema: z.ZodMiniType<T>;
}

/** Runs the steps of one job. */
export interface Steps {
  /** Runs a step. */
  run<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Runs a step that may cost money, unless its answer is kept. Keeps the answer, but not a failure. */
  paid<T>(question: PaidQuestion<T>, work: () => Promise<T>): Promise<T>;
  /** Whether any answer about this record is kept. */
  readonly hasAnswers: boolean;
  /** The duration of each step, in milliseconds. Steps with a kept answer are not in it. */
  readonly timings: Readonly<Record<string, number>>;
  /** Resolves when all writes of answers have ended, failed ones included. */
  kept(): Promise<void>;
}

interface StepsOptions {
  readonly submission: QueuedSubmission;
  /** The record's hash when the run began. */
  readonly cached: CachedRecord;
  readonly cache: Pick<RecordCache, "keep">;
  readonly envelope: Envelope;
  /** The calls that the result lists. Paid calls of earlier runs are added to it. */
  readonly calls: Call[];
  readonly log: Logger;
  readonly observer?: Observer;
}

const PAID = "paid:";
const answerSchema = z.object({ value: z.unknown(), calls: z.array(callSchema) });
const engineSchema = z.object({ engine: z.enum(["compreface", "gemini"]) });

interface RunOptions {
  readonly timings: Record<string, number>;
  readonly observer: Observer;
  readonly log: Logger;
}

/** Returns the function that runs, times, traces and logs a step. */
function createRun({ timings, observer, log }: RunOptions): Steps["run"] {
  return async function run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const own: Call[] = [];
    const stop = (outcome: "done" | "failed") => {
      const durationMs = Math.round(performance.now() - startedAt);
      timings[name] = durationMs;
      observer.step(name, outcome, durationMs);
      return durationMs;
    };
    const collected = () => collectCalls((call) => void own.push(call), work);
    try {
      const value = await inSpan({ name, attributes: { step: name } }, collected, (done) => answeredBy(done, own));
      log.info({ step: name, durationMs: stop("done"), ...answeredBy(value, own) }, "step done");
      return value;
    } catch (error) {
      const failure = { cause: describeError(error).kind, reason: reasonOf(error) };
      log.info({ step: name, durationMs: stop("failed"), ...failure }, "step failed");
      throw error;
    }
  };
}

/** Opens the steps of a run. */
export function createSteps({
  submission: { kycId, id },
  cached,
  cache,
  envelope,
  calls,
  log,
  observer = NO_OBSERVER,
}: StepsOptions): Steps {
  const timings: Record<string, number> = {};
  const answers = createSealedAnswers({ kycId, cached, cache, envelope, log });
  const uselessField = `calls:${id}`;
  const useless = z.array(callSchema).safeParse(answers.open(uselessField)).data ?? [];
  calls.push(...useless);

  const run = createRun({ timings, observer, log });

  async function paid<T>({ name, model, pictures, schema }: PaidQuestion<T>, work: () => Promise<T>): Promise<T> {
    const field = PAID + digestOf([name, model, ...pictures.map(({ jpeg }) => jpeg)]);
    const kept = answerSchema.safeParse(answers.open(field)).data;
    const value = schema.safeParse(kept?.value);
    if (kept !== undefined && value.success) {
      calls.push(...kept.calls);
      observer.step(name, "kept", 0);
      log.info({ step: name }, "step kept from an earlier run");
      return value.data;
    }
    const charged: Call[] = [];
    const collect = (call: Call) => void (call.tokens && charged.push(call));
    try {
      const answer = await collectCalls(collect, () => run(name, work));
      if (charged.length > 0) answers.keep(field, { value: answer, calls: charged });
      return answer;
    } catch (error) {
      useless.push(...charged);
      if (charged.length > 0) answers.keep(uselessField, useless);
      throw error;
    }
  }

  return {
    timings,
    run,
    paid,
    hasAnswers: Object.keys(cached.fields).some((field) => field.startsWith(PAID)),
    kept: answers.kept,
  };
}

/** Hashes each part, then the hashes, so that two different lists never give the same digest. */
function digestOf(parts: readonly (string | Buffer)[]): string {
  const whole = createHash("sha256");
  for (const part of parts) whole.update(createHash("sha256").update(part).digest());
  return whole.digest("base64url");
}

/** The engine that answered and the tokens that it charged. Never the answer: it is personal data. */
function answeredBy(value: unknown, calls: readonly Call[]) {
  const tokens = calls.findLast((call) => call.tokens !== undefined)?.tokens;
  const engine = engineSchema.safeParse(value).data?.engine ?? (tokens === undefined ? undefined : "gemini");
  return { engine, ...tokens };
}
