/**
 * The steps of one job: each is timed and logged, and what a step has paid for is kept with the job, sealed, so that a
 * retry or a redelivery does not pay for it again.
 */
import * as z from "zod/mini";
import { describeError, paidBy, reasonOf } from "../lib/errors.ts";
import type { Envelope } from "../lib/record/envelope.ts";
import type { Logger } from "../lib/observe/logger.ts";
import { NO_OBSERVER, type Observer } from "../lib/observe/telemetry.ts";
import { inSpan } from "../lib/observe/tracing.ts";
import { callSchema, usageSchema, type Call } from "../lib/providers/usage.ts";

/** Runs the steps of one job. */
export interface Steps {
  /** Runs a step. */
  run<T>(name: string, work: () => Promise<T>): Promise<T>;
  /** Runs a step whose outcome is kept: where an earlier run of the job has it already, that is returned. */
  once<T>(name: string, schema: z.ZodMiniType<T>, work: () => Promise<T>): Promise<T>;
  /** Whether an earlier run of the job has kept this step's outcome. */
  isKept(name: string): boolean;
  /** The answered calls to the vision model that the job has paid for, in this run and in earlier ones. */
  paid(): readonly Call[];
  /** How long each step took, in milliseconds; steps that were kept from an earlier run took none. */
  readonly timings: Readonly<Record<string, number>>;
}

interface StepsOptions {
  readonly kycId: number;
  readonly kept: string | undefined;
  readonly envelope: Envelope;
  /** Keeps the sealed work with the job. */
  readonly keep: (sealed: string) => Promise<void>;
  readonly log: Logger;
  readonly observer?: Observer;
}

const keptSchema = z.record(z.string(), z.unknown());
const paidSchema = z.object({ usage: usageSchema });
/** Beside the steps' outcomes: the answers that were paid for and of no use. */
const UNUSABLE = "unusable";
const unusableSchema = z.catch(z.array(callSchema), []);
/** What of an outcome says who answered: never what was answered. */
const answeredSchema = z.object({
  value: z.optional(z.catch(z.object({ engine: z.optional(z.enum(["compreface", "gemini"])) }), {})),
  usage: z.optional(usageSchema),
});

/** What the vision model is asked for, by the step that asks. */
const PURPOSES: Readonly<Record<string, string>> = {
  read_passport: "passport",
  read_mrz_again: "mrz",
  read_stamp: "stamp",
  compare_faces: "face_match",
};

const purposeOf = (step: string) => PURPOSES[step] ?? step;
const ORDER = Object.values(PURPOSES);

/** Opens the steps of a job with what its earlier runs have kept. */
export function createSteps({ kycId, kept, envelope, keep, log, observer = NO_OBSERVER }: StepsOptions): Steps {
  const entries = openKept(kept, kycId, envelope);
  const timings: Record<string, number> = {};

  async function run<T>(name: string, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    const stop = (outcome: "done" | "failed") => {
      const durationMs = Math.round(performance.now() - startedAt);
      timings[name] = durationMs;
      observer.step(name, outcome, durationMs);
      return durationMs;
    };
    try {
      const value = await inSpan({ name, attributes: { step: name } }, work, answeredBy);
      log.info({ step: name, durationMs: stop("done"), ...answeredBy(value) }, "step done");
      return value;
    } catch (error) {
      const failure = { cause: describeError(error).kind, reason: reasonOf(error) };
      log.info({ step: name, durationMs: stop("failed"), ...failure }, "step failed");
      throw error;
    }
  }

  /** What was paid for counts, whatever came of it; that it cannot be kept must not hide why the step failed. */
  async function noteUnusable(step: string, error: unknown): Promise<void> {
    const usage = paidBy(error);
    if (usage === undefined) return;
    const earlier = unusableSchema.parse(entries.get(UNUSABLE));
    await keepAs(UNUSABLE, [...earlier, { ...usage, purpose: purposeOf(step) }]).catch((fault: unknown) =>
      log.warn({ step, cause: describeError(fault) }, "what the answer cost could not be kept with the job"),
    );
  }

  async function keepAs(name: string, value: unknown): Promise<void> {
    entries.set(name, value);
    await keep(envelope.seal(kycId, JSON.stringify(Object.fromEntries(entries))).toString("base64"));
  }

  return {
    timings,
    run,
    isKept: (name) => entries.has(name),
    paid() {
      const used = [...entries].flatMap(([step, outcome]) => {
        const { data } = paidSchema.safeParse(outcome);
        return data === undefined ? [] : [{ purpose: purposeOf(step), ...data.usage }];
      });
      const calls: Call[] = [...unusableSchema.parse(entries.get(UNUSABLE)), ...used];
      return calls.toSorted((one, other) => ORDER.indexOf(one.purpose) - ORDER.indexOf(other.purpose));
    },
    async once(name, schema, work) {
      const earlier = schema.safeParse(entries.get(name));
      if (earlier.success) {
        observer.step(name, "kept", 0);
        log.info({ step: name }, "step kept from an earlier run");
        return earlier.data;
      }
      const value = await run(name, work).catch(async (error: unknown) => {
        await noteUnusable(name, error);
        throw error;
      });
      await keepAs(name, value);
      return value;
    },
  };
}

/** The engine that answered, and the tokens that it counted. */
function answeredBy(outcome: unknown) {
  const { value, usage } = answeredSchema.safeParse(outcome).data ?? {};
  const engine = value?.engine ?? (usage === undefined ? undefined : "gemini");
  if (usage === undefined) return { engine };
  const { model, inputTokens, outputTokens } = usage;
  return { engine, model, inputTokens, outputTokens };
}

/** Work that does not open (another key, another version) is done again. */
function openKept(kept: string | undefined, kycId: number, envelope: Envelope): Map<string, unknown> {
  if (kept === undefined) return new Map();
  try {
    const entries = keptSchema.parse(JSON.parse(envelope.open(kycId, Buffer.from(kept, "base64"))));
    return new Map(Object.entries(entries));
  } catch {
    return new Map();
  }
}
