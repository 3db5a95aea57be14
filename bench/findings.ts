/** What the figures came to, and why: the part of `docs/performance.md` that no run can write. */
export const LIMITS_AND_REASONS = `## What dominates, and what was done about it

TODO`;
