/**
 * Scripts of faults. A script is a list of rules; the first rule that matches a call and is not used up decides the
 * answer. A new script replaces the old one. With an empty script, every call gets its usual answer.
 */
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod/mini";
import type { LoggedCall } from "./log.ts";

/** A fault, by its name. */
export interface NamedFault {
  readonly fault: string;
}

/** A rule. A call must match all of `match`; `{}` matches every call. `times: null` never ends. `delayMs` comes first. */
export interface Rule<Kind extends string, Fault> {
  readonly match: {
    readonly kind?: Kind | undefined;
    /** The number of a mark in a picture. */
    readonly number?: number | undefined;
    /** The key of an object. */
    readonly key?: string | undefined;
  };
  readonly times: number | null;
  readonly delayMs?: number | undefined;
  readonly answer: Fault;
}

/** The schema of a script that comes over HTTP. */
function scriptSchema<Kind extends string, Fault>(kinds: readonly Kind[], fault: z.ZodMiniType<Fault>) {
  return z.array(
    z.strictObject({
      match: z.strictObject({
        kind: z.optional(z.enum(kinds)),
        number: z.optional(z.int()),
        key: z.optional(z.string()),
      }),
      times: z.nullable(z.int().check(z.positive())),
      delayMs: z.optional(z.number().check(z.gte(0))),
      answer: fault,
    }),
  );
}

/** Whether a table of faults has this name. */
export function isNamed<Name extends string>(table: Readonly<Record<Name, unknown>>, name: string): name is Name {
  return Object.hasOwn(table, name);
}

/** The schema of the faults of a table. */
export function namedFaults<Name extends string>(table: Readonly<Record<Name, unknown>>) {
  return z.strictObject({ fault: z.custom<Name>((name) => typeof name === "string" && isNamed(table, name)) });
}

/** What a script of a stand-in may say: the kinds of calls, and the faults. */
export interface ScriptOptions<Kind extends string, Fault extends NamedFault> {
  readonly kinds: readonly Kind[];
  readonly faultSchema: z.ZodMiniType<Fault>;
}

/** Holds the current script. */
export function createScript<Kind extends string, Fault extends NamedFault>({
  kinds,
  faultSchema,
}: ScriptOptions<Kind, Fault>) {
  const schema = scriptSchema(kinds, faultSchema);
  let rules: { readonly rule: Rule<Kind, Fault>; left: number }[] = [];
  const unused = (script: readonly Rule<Kind, Fault>[]) =>
    script.map((rule) => ({ rule, left: rule.times ?? Number.POSITIVE_INFINITY }));

  return {
    replace(script: readonly Rule<Kind, Fault>[]): void {
      rules = unused(script);
    },

    /** Replaces the script by one that another process sent. Throws if it is not understood. */
    accept(script: unknown): void {
      rules = unused(schema.parse(script));
    },

    /** Puts rules in front of the others. */
    add(script: readonly Rule<Kind, Fault>[]): void {
      rules = [...unused(script), ...rules];
    },

    /** The fault for this call, if one is scripted, after its delay; the call's log entry then names it. */
    async faultFor(
      { log, signal }: { readonly log: LoggedCall; readonly signal: AbortSignal },
      kind: Kind,
      canAnswer: (fault: Fault) => boolean = () => true,
    ): Promise<Fault | undefined> {
      const found = rules.find(
        ({ rule: { match, answer }, left }) =>
          left > 0 &&
          (match.kind ?? kind) === kind &&
          (match.number === undefined || log.numbers.includes(match.number)) &&
          (match.key ?? log.key) === log.key &&
          canAnswer(answer),
      );
      if (found === undefined) return undefined;
      found.left -= 1;
      const { answer, delayMs } = found.rule;
      log.fault = answer.fault;
      if (delayMs !== undefined) await delay(delayMs, undefined, { signal });
      return answer;
    },
  };
}

/** Finds the fault for a call. */
export type FaultFor<Kind extends string, Fault extends NamedFault> = ReturnType<
  typeof createScript<Kind, Fault>
>["faultFor"];
