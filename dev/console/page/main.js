/** The page: the form on one side, the record that the address names on the other. */
import { badge, byId, element } from "./element.js";
import { setUpForm } from "./form.js";
import { outcomeSections } from "./outcome.js";
import { createProgress } from "./progress.js";

const RECENT_EVERY_MS = 3_000;

const ask = async (path) => {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
};

const recordInAddress = () => Number(/^#record-(\d+)$/.exec(location.hash)?.[1] ?? 0);

let source;

/** Follows the record that the address names, if it names one. */
function showRecord() {
  source?.close();
  const kycId = recordInAddress();
  byId("empty").hidden = kycId !== 0;
  byId("record").hidden = kycId === 0;
  if (kycId === 0) return;
  const progress = createProgress();
  const label = element("span", { class: "muted" });
  const title = element("h2", {}, `Record ${kycId} `, label);
  const outcome = element("div", { class: "outcome" });
  byId("record").replaceChildren(title, progress.node, outcome);
  byId("run").focus({ preventScroll: true });

  let hasBeenShown = false;
  let hadEnded = false;
  source = new EventSource(`/api/records/${kycId}/events`);
  source.addEventListener("message", ({ data }) => void take(JSON.parse(data)));

  async function take(told) {
    progress.show(told);
    label.textContent = told.label;
    if (!hasBeenShown) bringIntoView();
    hasBeenShown = true;
    if (told.ended === hadEnded) return;
    hadEnded = told.ended;
    if (!told.ended) return outcome.replaceChildren();
    const read = await ask(`/api/records/${kycId}`);
    if (recordInAddress() === kycId) outcome.replaceChildren(...outcomeSections(read));
    await showRecent();
  }

  source.addEventListener("unknown", () => {
    source.close();
    const text = `The console does not know record ${kycId}: nobody has submitted it since npm start.`;
    byId("record").replaceChildren(element("p", { class: "card" }, text));
  });
}

/** On a phone the record is below the form; beside it, nothing has to move. */
function bringIntoView() {
  const { top } = byId("run").getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) byId("run").scrollIntoView({ block: "start" });
}

async function showRecent() {
  const { recent, ...rest } = await ask("/api/overview");
  byId("recent").hidden = recent.length === 0;
  const rows = recent.map(({ kycId, label, brief }) =>
    element(
      "li",
      {},
      element(
        "a",
        { href: `#record-${kycId}`, "aria-current": kycId === recordInAddress() && "true" },
        element("b", {}, String(kycId)),
        element("span", {}, label),
        brief === null ? badge("plain", "running") : badge(brief.tone, brief.short),
      ),
    ),
  );
  const list = byId("recent-list");
  // Drawing the list again would lose the keyboard's focus, so an unchanged list stays.
  const drawn = element("ul", {}, rows);
  if (drawn.innerHTML !== list.innerHTML) list.replaceChildren(...rows);
  return rest;
}

async function start() {
  const { cases, engines } = await showRecent();
  byId("engines").replaceChildren(
    ...Object.entries(engines).map(([name, what]) => element("li", {}, `${name}: ${what}`)),
  );
  setUpForm({ cases, onSubmitted: (kycId) => (location.hash = `record-${kycId}`) });
  addEventListener("hashchange", () => {
    showRecord();
    void showRecent();
  });
  showRecord();
  // What is submitted from elsewhere, such as with curl, appears too.
  setInterval(() => void showRecent().catch(() => {}), RECENT_EVERY_MS);
}

await start();
