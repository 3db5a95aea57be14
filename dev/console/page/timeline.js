/** The steps of a submission on a line of time, with running clocks. */
import { badge, element, formatMs } from "./element.js";

const TICK_MS = 100;
const SAID = {
  pending: "to come",
  running: "running",
  done: "done",
  kept: "kept from an earlier attempt",
  failed: "failed",
  skipped: "not done",
};

/** Draws the steps; `show` draws a newer state into them. */
export function createTimeline(engines) {
  const headline = element("span", { role: "status", "aria-live": "polite" });
  const clock = element("span.clock");
  const list = element("ol.steps");
  const log = element("ol.log");
  const node = element(
    "section.card.timeline",
    { "aria-labelledby": "steps-title" },
    element("h3", { id: "steps-title" }, "Steps"),
    element("p.headline", headline, clock),
    list,
    element("details", element("summary", "Log of this record"), log),
  );
  let progress;
  let rows = [];

  function tick() {
    const now = Date.now();
    const span = spanOf(progress, now);
    for (const row of rows) row.draw(span, now);
    const leftMs = (progress.waitsUntil ?? 0) - now;
    clock.textContent = leftMs > 0 ? `, ${(leftMs / 1_000).toFixed(1)} s left` : "";
  }
  const timer = setInterval(() => {
    if (!node.isConnected) clearInterval(timer);
    else if (progress?.ended === false) tick();
  }, TICK_MS);

  function show(next) {
    progress = next;
    const said = next.headline.replace(/^Gemini /, `${engines.gemini} `);
    const text = next.attempt > 1 ? `${said} (attempt ${next.attempt})` : said;
    // A live region is read out whenever it changes, so it is only touched when it does.
    if (headline.textContent !== text) headline.textContent = text;
    node.classList.toggle("busy", !next.ended);
    rows = next.steps.map(stepRow);
    list.replaceChildren(...rows.map((row) => row.node));
    log.replaceChildren(...next.log.map(logLine));
    tick();
  }
  return { node, show };
}

/** From the first step's start to now, or to the last step's end. */
function spanOf({ steps, ended }, now) {
  const from = Math.min(...steps.map(({ startedAt }) => startedAt ?? now));
  const to = ended ? Math.max(...steps.map(({ endedAt, startedAt }) => endedAt ?? startedAt ?? from)) : now;
  return { from, length: Math.max(to - from, 1) };
}

function stepRow({ label, state, note, startedAt, endedAt }) {
  const bar = element("span.bar");
  const time = element("span.time");
  const node = element(
    `li.${state}`,
    element("span.mark", { "aria-hidden": "true" }),
    element("span.step", label, element("span.hidden", `: ${SAID[state]}`)),
    element("span.track", { "aria-hidden": "true" }, bar),
    time,
  );
  const isTimed = startedAt !== null && state !== "skipped" && state !== "kept";
  bar.hidden = !isTimed;
  function draw({ from, length }, now) {
    const tookMs = isTimed ? Math.max((endedAt ?? now) - startedAt, 0) : 0;
    bar.style.insetInlineStart = `${(100 * (startedAt - from)) / length}%`;
    bar.style.inlineSize = `${(100 * tookMs) / length}%`;
    const isMeasured = isTimed && (endedAt === null || tookMs > 0);
    const facts = [isMeasured && formatMs(tookMs), state === "kept" && "kept", note];
    time.textContent = facts.filter(Boolean).join(" · ");
  }
  return { node, draw };
}

const logLine = ({ afterMs, from, text }) =>
  element("li", element("time", `+${(afterMs / 1_000).toFixed(2)} s`), badge("plain", from), element("span", text));
