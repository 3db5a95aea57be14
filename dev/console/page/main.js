/** The page: the form on one side, the record that the address names on the other. */
import { developerCard, picturesCard } from "./details.js";
import { badge, byId, element } from "./element.js";
import { checksCard, fieldsCard, stampCard } from "./fields.js";
import { setUpForm } from "./form.js";
import { mrzCard } from "./mrz.js";
import { createTimeline } from "./timeline.js";
import { createLoader, verdictCard } from "./verdict.js";

const RECENT_EVERY_MS = 3_000;

const ask = async (path) => {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
};

const recordInAddress = () => Number(/^#record-(\d+)$/.exec(location.hash)?.[1] ?? 0);

let source;

/** Follows the record that the address names, if it names one. */
function showRecord(overview) {
  source?.close();
  const kycId = recordInAddress();
  byId("empty").hidden = kycId !== 0;
  byId("record").hidden = kycId === 0;
  byId("said").textContent = "";
  if (kycId === 0) return;
  const timeline = createTimeline(overview.engines);
  const title = element("h2", { class: "record-title" }, `Record ${kycId}`);
  const outcome = element("div", { class: "outcome" }, title);
  const details = element("div", { class: "outcome" });
  byId("record").replaceChildren(outcome, timeline.node, details);
  byId("run").focus({ preventScroll: true });

  let hasBeenShown = false;
  let hadEnded = false;
  source = new EventSource(`/api/records/${kycId}/events`);
  source.addEventListener("message", ({ data }) => void take(JSON.parse(data)));

  async function take(next) {
    timeline.show(next);
    if (!hasBeenShown) {
      title.textContent = `Record ${kycId}: ${next.label}`;
      bringIntoView();
    }
    hasBeenShown = true;
    if (next.ended === hadEnded) return;
    hadEnded = next.ended;
    outcome.replaceChildren(title);
    details.replaceChildren();
    if (!next.ended) return;
    const read = await ask(`/api/records/${kycId}`);
    if (recordInAddress() !== kycId) return;
    const loaded = createLoader(kycId);
    outcome.replaceChildren(...resultCards({ ...read, engines: overview.engines }, loaded));
    details.replaceChildren(developerCard(read, overview));
    byId("said").textContent = `Record ${kycId}: ${read.verdict.title}`;
    await refresh();
  }

  source.addEventListener("unknown", () => {
    source.close();
    const text = `The console does not know record ${kycId}: nobody has submitted it since npm start.`;
    byId("record").replaceChildren(element("p", { class: "card" }, text));
  });
}

function resultCards(outcome, loaded) {
  const { result, verdict, engines } = outcome;
  const pictures = outcome.images.length === 0 ? null : picturesCard(outcome, loaded);
  if (result?.status !== "ocr_complete") {
    return [verdictCard(outcome, loaded), pictures].filter((one) => one !== null);
  }
  const model = result.calls.find(({ purpose, tokens }) => purpose === "passport" && tokens)?.tokens.model ?? "Gemini";
  const readBy = engines.readers[model] ?? model;
  const isReadOnce = readBy === "the local reader";
  return [
    verdictCard(outcome, loaded, readBy),
    mrzCard(result, loaded, { readBy, isOpen: verdict.findings.length > 0 }),
    element(
      "div",
      { class: "beside" },
      element(
        "div",
        { class: "outcome" },
        fieldsCard(result.passport, verdict.findings, isReadOnce),
        checksCard(result.checks, verdict.findings, isReadOnce),
      ),
      element("div", { class: "outcome" }, pictures, result.stamp === null ? null : stampCard(result.stamp)),
    ),
  ];
}

/** On a phone the record is below the form; beside it, nothing has to move. */
function bringIntoView() {
  const { top } = byId("run").getBoundingClientRect();
  if (top < 0 || top > innerHeight / 2) byId("run").scrollIntoView({ block: "start" });
}

let samples;

/** Reads and shows the newest list of records. */
async function refresh() {
  const overview = await ask("/api/overview").catch(() => null);
  byId("away").hidden = overview !== null;
  if (overview === null) throw new Error("the console does not answer.");
  samples?.showEnds(overview.recent);
  byId("recent").hidden = overview.recent.length === 0;
  const rows = overview.recent.map(recentRow);
  const list = byId("recent-list");
  // Drawing the list again would lose the keyboard's focus, so an unchanged list stays.
  const drawn = element("ul", {}, rows);
  if (drawn.innerHTML !== list.innerHTML) list.replaceChildren(...rows);
  return overview;
}

const recentRow = ({ kycId, label, brief }) =>
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
  );

async function start() {
  const overview = await refresh();
  samples = setUpForm({
    overview,
    onSubmitted: (kycId) => (location.hash = `record-${kycId}`),
    refresh: async () => (await refresh()).recent,
  });
  samples.showEnds(overview.recent);
  addEventListener("hashchange", () => {
    showRecord(overview);
    void refresh();
  });
  showRecord(overview);
  // What is submitted from elsewhere, such as with curl, appears too.
  setInterval(() => void refresh().catch(() => {}), RECENT_EVERY_MS);
}

await start();
