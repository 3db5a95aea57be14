/** Import this before a program: its clock is then wrong by `CLOCK_SKEW_MS`. */
const skewMs = Number(process.env["CLOCK_SKEW_MS"] ?? 0);
const realNow = Date.now;

Date.now = () => realNow() + skewMs;

globalThis.Date = new Proxy(Date, {
  construct: (target, given: unknown[], newTarget) =>
    Reflect.construct(target, given.length === 0 ? [Date.now()] : given, newTarget),
  apply: () => new Date().toString(),
});
