/**
 * Scripts of faults. A script is a list of rules; the first rule that matches a call and is not used up decides the
 * answer. A new script replaces the old one. With an empty script, every call gets its usual answer.
 */
import { setTimeout as delay } from "node:timers/promises";
import * as z from "zod/mini";
import type { LoggedCall } from "./log.ts";
import { BROKEN } from "./reply.ts";

/** Whether a table of faults has this name. */
export function isNamed<Name extends string>(table: Readonly<Record<Name, unknown>>, name: string): name is Name {
  return Object.hasOwn(table, name);
}

/** The schema of the faults of a table. */
export function namedFaults<Name extends string>(table: Readonly<Record<Name, unknown>>) {
  return z.strictObject({ fault: z.custom<Name>((name) => typeof name === "string" && isNamed(table, name)) });
}

const GENUINE = { fault: "genuine" } as const;

/**
 * The schema of a stand-in's rules, with its kinds of calls and its faults. A call must match all of `match`; `{}` matches
 * every call. `times: null` never ends. `delayMs` comes first: with `genuine`, a late answer is as usual.
 */
export function ruleSchema<Kind extends string, Fault>(kinds: readonly Kind[], fault: z.ZodMiniType<Fault>) {
  return z.strictObject({
    match: z.strictObject({
      kind: z.optional(z.enum(kinds)),
      /** The number of a mark in a picture. */
      number: z.optional(z.int()),
      /** The key of an object. */
      key: z.optional(z.string()),
    }),
    times: z.nullable(z.int().check(z.positive())),
    delayMs: z.optional(z.number().check(z.gte(0))),
    answer: z.union([z.strictObject({ fault: z.literal(GENUINE.fault) }), namedFaults(BROKEN), fault]),
  });
}

/** A rule of any stand-in. */
export type AnyRule = z.infer<ReturnType<typeof ruleSchema<string, { fault: string }>>>;

/** Holds the current script. */
export function createScript<Rule extends AnyRule>(schema: z.ZodMiniType<Rule>) {
  let rules: { readonly rule: Rule; left: number }[] = [];
  const unused = (script: readonly Rule[]) => script.map((rule) => ({ rule, left: rule.times ?? Infinity }));

  return {
    replace(script: readonly Rule[]): void {
      rules = unused(script);
    },

    /** Replaces the script by one that another process sent. Throws if it is not understood. */
    accept(script: unknown): void {
      rules = unused(z.array(schema).parse(script));
    },

    /** Puts rules in front of the others. */
    add(script: readonly Rule[]): void {
      rules = [...unused(script), ...rules];
    },

    /** The fault that is scripted for this call, after its delay; the call's log entry then names it. */
    async faultFor(
      { log, signal }: { readonly log: LoggedCall; readonly signal: AbortSignal },
      canAnswer: (fault: Rule["answer"]) => boolean = () => true,
    ): Promise<Rule["answer"] | typeof GENUINE> {
      const found = rules.find(
        ({ rule: { match, answer }, left }) =>
          left > 0 &&
          (match.kind ?? log.kind) === log.kind &&
          (match.number === undefined || log.numbers.includes(match.number)) &&
          (match.key ?? log.key) === log.key &&
          canAnswer(answer),
      );
      if (found === undefined) return GENUINE;
      found.left -= 1;
      const { answer, delayMs } = found.rule;
      log.fault = answer.fault;
      if (delayMs !== undefined) await delay(delayMs, undefined, { signal });
      return answer;
    },
  };
}

/** The script of a stand-in. */
export type Script<Rule extends AnyRule> = ReturnType<typeof createScript<Rule>>;
