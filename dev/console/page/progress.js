/** The steps of a submission while it runs. */
import { badge, element } from "./element.js";

const MARKS = { pending: "", running: "", done: "✓", kept: "✓", failed: "✕", skipped: "–" };
const SAID = {
  pending: "to come",
  running: "running",
  done: "done",
  kept: "kept from an earlier attempt",
  failed: "failed",
  skipped: "not done",
};

/** Draws the steps once; the returned function draws a newer state into them. */
export function createProgress() {
  const headline = element("p", { class: "headline", role: "status", "aria-live": "polite" });
  const list = element("ol", { class: "steps" });
  const log = element("ol", { class: "log" });
  const node = element(
    "section",
    { class: "card", "aria-label": "Progress" },
    headline,
    list,
    element("details", {}, element("summary", {}, "Log of this record"), log),
  );

  function show(progress) {
    const { ended, attempt } = progress;
    // A live region is read out whenever it changes, so it is only touched when it does.
    const text = attempt > 1 ? `${progress.headline} (attempt ${attempt})` : progress.headline;
    if (headline.textContent !== text) headline.textContent = text;
    headline.classList.toggle("busy", !ended);
    list.replaceChildren(...progress.steps.map(stepRow));
    log.replaceChildren(
      ...progress.log.map(({ afterMs, from, text: line }) =>
        element(
          "li",
          {},
          element("time", {}, `+${(afterMs / 1_000).toFixed(2)} s`),
          badge("plain", from),
          element("span", {}, line),
        ),
      ),
    );
  }
  return { node, show };
}

function stepRow({ label, state, durationMs, note }) {
  const facts = [durationMs === null ? null : formatMs(durationMs), state === "kept" ? "kept" : null, note];
  return element(
    "li",
    { class: state },
    element("span", { class: "mark", "aria-hidden": "true" }, MARKS[state]),
    element("span", {}, label, element("span", { class: "hidden" }, `: ${SAID[state]}`)),
    element("small", {}, facts.filter((fact) => fact !== null).join(" · ")),
  );
}

const formatMs = (ms) => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toFixed(1)} s`);
