/** The page: the form on one side, the record that the address names on the other. */
import { developerCard, picturesCard } from "./details.js";
import { badge, byId, element } from "./element.js";
import { checksCard, fieldsCard, stampCard } from "./fields.js";
import { setUpForm } from "./form.js";
import { mrzCard } from "./mrz.js";
import { loadPicture } from "./picture.js";
import { createTimeline } from "./timeline.js";
import { verdictCard } from "./verdict.js";

const RECENT_EVERY_MS = 3_000;

async function ask(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

const recordInAddress = () => Number(/^#record-(\d+)$/.exec(location.hash)?.[1] ?? 0);

let source;

/** Follows the record that the address names, if it names one. */
function showRecord() {
  source?.close();
  const kycId = recordInAddress();
  byId("empty").hidden = kycId !== 0;
  byId("record").hidden = kycId === 0;
  byId("said").textContent = "";
  if (kycId === 0) return;
  const timeline = createTimeline(overview.engines);
  const title = element("h2.record-title", `Record ${kycId}`);
  const outcome = element("div.outcome", title);
  const details = element("div.outcome");
  byId("record").replaceChildren(outcome, timeline.node, details);
  byId("run").focus({ preventScroll: true });

  let shown;
  source = new EventSource(`/api/records/${kycId}/events`);
  source.addEventListener("message", ({ data }) => void take(JSON.parse(data)));

  async function take(next) {
    const before = shown;
    shown = next;
    timeline.show(next);
    if (before === undefined) {
      title.textContent = `Record ${kycId}: ${next.label}`;
      bringIntoView();
    }
    if (next.ended === (before?.ended ?? false)) return;
    outcome.replaceChildren(title);
    details.replaceChildren();
    if (!next.ended) return;
    const read = await ask(`/api/records/${kycId}`);
    if (recordInAddress() !== kycId) return;
    outcome.replaceChildren(...resultCards(read, overview.engines));
    details.replaceChildren(developerCard(read, overview));
    byId("said").textContent = `Record ${kycId}: ${read.verdict.title}`;
    await refresh();
  }

  source.addEventListener("unknown", () => {
    source.close();
    const text = `The console does not know record ${kycId}: nobody has submitted it since npm start.`;
    byId("record").replaceChildren(element("p.card", text));
  });
}

function resultCards(outcome, engines) {
  const { result, verdict, images, kycId } = outcome;
  const pictures = Object.fromEntries(
    images.map((image) => [image, loadPicture(`/api/records/${kycId}/pictures/${image}`)]),
  );
  const whole = images.length === 0 ? [] : [picturesCard(pictures)];
  if (result?.status !== "ocr_complete") return [verdictCard(outcome, { pictures, engines }), ...whole];
  const model = result.calls.find(({ purpose, tokens }) => purpose === "passport" && tokens)?.tokens.model ?? "Gemini";
  const readBy = engines.readers[model] ?? model;
  const isReadOnce = readBy === "the local reader";
  const column = (...cards) => element("div.outcome", cards);
  return [
    verdictCard(outcome, { pictures, engines, readBy }),
    mrzCard(result, { picture: pictures.passport, readBy, isOpen: verdict.findings.length > 0 }),
    element(
      "div.beside",
      column(
        fieldsCard(result.passport, verdict.findings, isReadOnce),
        checksCard(result.checks, verdict.findings, isReadOnce),
      ),
      column(...whole, result.stamp !== null && stampCard(result.stamp)),
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
  const newest = await ask("/api/overview").catch(() => null);
  byId("away").hidden = newest !== null;
  if (newest === null) throw new Error("the console does not answer.");
  samples?.showEnds(newest.recent);
  byId("recent").hidden = newest.recent.length === 0;
  const rows = newest.recent.map(recentRow);
  const list = byId("recent-list");
  // Drawing the list again would lose the keyboard's focus, so an unchanged list stays.
  const drawn = element("ul", rows);
  if (drawn.innerHTML !== list.innerHTML) list.replaceChildren(...rows);
  return newest;
}

function recentRow({ kycId, label, brief }) {
  const { tone, short } = brief ?? { tone: "plain", short: "running" };
  const address = { href: `#record-${kycId}`, "aria-current": kycId === recordInAddress() && "true" };
  return element("li", element("a", address, element("b", kycId), element("span", label), badge(tone, short)));
}

const overview = await refresh();
samples = setUpForm(overview, refresh);
samples.showEnds(overview.recent);
addEventListener("hashchange", () => {
  showRecord();
  void refresh();
});
showRecord();
// What is submitted from elsewhere, such as with curl, appears too.
setInterval(() => void refresh().catch(() => {}), RECENT_EVERY_MS);
