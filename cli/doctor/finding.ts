/** The doctor's findings about settings and dependencies. */
import type { Trouble } from "./dependency.ts";

/** The result of one check. `fix` says what to do about a warning or a fault. */
export interface Finding {
  readonly what: string;
  readonly state: "ok" | "warning" | "wrong";
  readonly detail: string;
  readonly fix?: string;
}

/** How long the doctor waits for each dependency. */
export const TIMEOUT_MS = 5_000;

/** Builds the finding of a check without a fault. */
export const ok = (what: string, detail: string): Finding => ({ what, state: "ok", detail });

/** Builds the finding of a check that passes, but needs attention. */
export const warning = (what: string, detail: string, fix: string): Finding => ({
  what,
  state: "warning",
  detail,
  fix,
});

/** Builds the finding of a fault that must be fixed. */
export const wrong = (what: string, { detail, fix }: Trouble): Finding => ({ what, state: "wrong", detail, fix });
