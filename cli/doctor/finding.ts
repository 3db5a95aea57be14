/** What the doctor found of a setting or a dependency. */
import type { Trouble } from "./dependency.ts";

/** One thing that was checked; `fix` says what to do if something is wrong. */
export interface Finding {
  readonly what: string;
  readonly state: "ok" | "warning" | "wrong";
  readonly detail: string;
  readonly fix?: string;
}

/** How long the doctor waits for each dependency. */
export const TIMEOUT_MS = 5_000;

/** A check without a fault. */
export const ok = (what: string, detail: string): Finding => ({ what, state: "ok", detail });

/** Something that works, but deserves attention. */
export const warning = (what: string, detail: string, fix: string): Finding => ({
  what,
  state: "warning",
  detail,
  fix,
});

/** A fault that must be fixed. */
export const wrong = (what: string, { detail, fix }: Trouble): Finding => ({ what, state: "wrong", detail, fix });
