/**
 * Scripts of faults: a list of rules, of which the first that matches a call and is not used up decides its answer. A
 * new script replaces the old one; an empty one lets everything be answered as usual.
 */
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod/mini";
import type { Call } from "./server.ts";

/** A rule. `match` names what all must hold, `{}` matches every call; `times: null` is for ever; `delayMs` comes first. */
export interface Rule<Kind extends string, Fault> {
  readonly match: { readonly kind?: Kind | undefined; readonly number?: number | undefined };
  readonly times: number | null;
  readonly delayMs?: number | undefined;
  readonly answer: Fault;
}

/** The schema of a script that comes over HTTP. */
export function scriptSchema<Kind extends string, Fault>(kinds: readonly Kind[], fault: z.ZodMiniType<Fault>) {
  return z.array(
    z.strictObject({
      match: z.strictObject({ kind: z.optional(z.enum(kinds)), number: z.optional(z.int()) }),
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

/** Holds the current script. */
export function createScript<Kind extends string, Fault extends { readonly fault: string }>() {
  let rules: { readonly rule: Rule<Kind, Fault>; left: number }[] = [];

  /** Uses up one turn of the first rule that matches and whose fault can answer this call. */
  function take(kind: Kind, numbers: readonly number[], canAnswer: (fault: Fault) => boolean) {
    const found = rules.find(
      ({ rule, left }) =>
        left > 0 &&
        (rule.match.kind ?? kind) === kind &&
        (rule.match.number === undefined || numbers.includes(rule.match.number)) &&
        canAnswer(rule.answer),
    );
    if (found !== undefined) found.left -= 1;
    return found?.rule;
  }

  return {
    replace(script: readonly Rule<Kind, Fault>[]): void {
      rules = script.map((rule) => ({ rule, left: rule.times ?? Number.POSITIVE_INFINITY }));
    },

    /** The fault for this call, if one is scripted, after its delay; the call's log entry then names it. */
    async faultFor(
      call: Call,
      kind: Kind,
      canAnswer: (fault: Fault) => boolean = () => true,
    ): Promise<Fault | undefined> {
      const rule = take(kind, call.log.numbers, canAnswer);
      if (rule === undefined) return undefined;
      call.log.fault = rule.answer.fault;
      if (rule.delayMs !== undefined) await delay(rule.delayMs, undefined, { signal: call.signal });
      return rule.answer;
    },
  };
}
