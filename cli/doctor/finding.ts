/** What the doctor found of a setting or a dependency. */
import type { Trouble } from "./dependency.ts";

/** One thing that was looked at; `fix` says what to do where it is not well. */
export interface Finding {
  readonly what: string;
  readonly state: "ok" | "warning" | "wrong";
  readonly detail: string;
  readonly fix?: string;
}

/** How long the doctor waits for each dependency. */
export const TIMEOUT_MS = 5_000;

/** What is well. */
export const ok = (what: string, detail: string): Finding => ({ what, state: "ok", detail });

/** What works, although somebody should know of it. */
export const warning = (what: string, detail: string, fix: string): Finding => ({
  what,
  state: "warning",
  detail,
  fix,
});

/** What must be fixed. */
export const wrong = (what: string, { detail, fix }: Trouble): Finding => ({ what, state: "wrong", detail, fix });
