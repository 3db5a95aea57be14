/** The samples in groups: what should happen, what did happen, and all of them in a row. */
import { byId, element } from "./element.js";
import { loadPicture } from "./picture.js";

const POLL_MS = 400;

/** Sets the list up. */
export function setUpSamples(cases, { submit, refresh }) {
  const rows = new Map(cases.map((one) => [one.name, sampleRow(one)]));
  const groups = Object.entries(Object.groupBy(cases, ({ group }) => group)).map(([title, members], index) => {
    const count = element("span", members.length);
    const ownRows = members.map(({ name }) => rows.get(name));
    const nodes = ownRows.map(({ node }) => node);
    const node = element("details", { name: "group", open: index === 0 }, element("summary", title, " ", count), nodes);
    node.addEventListener("toggle", () => chooseIn(node, cases));
    return { node, count, rows: ownRows };
  });
  byId("cases").replaceChildren(...groups.map(({ node }) => node));
  byId("cases").addEventListener("change", () => showPictures(cases));
  chooseIn(groups[0].node, cases);

  /** Shows beside each sample how its last record ended. */
  function showEnds(recent) {
    for (const { label, brief } of recent.toReversed()) rows.get(label)?.show(brief);
    for (const { count, rows: ownRows } of groups) {
      const ends = ownRows.map(({ isRight }) => isRight).filter((end) => end !== null);
      if (ends.length > 0) count.textContent = `${ends.filter(Boolean).length} of ${ends.length} as expected`;
    }
  }

  setUpRunAll(cases, { submit, refresh });
  return { chosen: () => ({ case: byId("form").elements.case.value }), showEnds };
}

/** What is chosen is in the group that is open, so that it can be seen. */
function chooseIn(group, cases) {
  const first = group.querySelector("input:enabled");
  if (!group.open || first === null || group.querySelector(":checked") !== null) return;
  first.checked = true;
  showPictures(cases);
}

function sampleRow({ name, expected, notRunnable }) {
  const mark = element("span.end");
  const said = element("small", notRunnable ?? expected);
  const choice = { type: "radio", name: "case", value: name, disabled: notRunnable !== null };
  const node = element("label.case", element("input", choice), element("span", element("b", name), said), mark);
  function show(brief) {
    const isRight = brief && brief.ended === expected;
    row.isRight = isRight;
    mark.className = `end ${isRight === null ? "" : isRight ? "right" : "wrong"}`;
    mark.textContent = isRight === null ? "runs" : isRight ? "as expected" : "otherwise";
    said.textContent = isRight === false ? `${expected}. It ended: ${brief.ended}` : expected;
  }
  const row = { node, show, isRight: null };
  return row;
}

/** Runs all samples, each after the one before has ended: a sample scripts the stand-ins. A second click stops. */
function setUpRunAll(cases, { submit, refresh }) {
  const button = byId("run-all");
  const say = (text) => (byId("run-all-status").textContent = text);
  const runnable = cases.filter(({ notRunnable }) => notRunnable === null);
  let stop = null;

  async function run(signal) {
    let right = 0;
    for (const [index, { name, expected }] of runnable.entries()) {
      if (signal.aborted) return say(`Stopped. ${right} of ${index} ended as expected.`);
      say(`Running ${index + 1} of ${runnable.length}: ${name}`);
      const ended = await untilEnd(await submit({ case: name }), refresh);
      if (ended === expected) right += 1;
    }
    say(`${right} of ${runnable.length} ended as expected.`);
  }

  async function toggle() {
    if (stop !== null) return stop.abort();
    stop = new AbortController();
    button.textContent = "Stop";
    byId("submit").disabled = true;
    await run(stop.signal).catch(({ message }) => say(`It stopped: ${message}`));
    button.textContent = "Run all";
    byId("submit").disabled = false;
    stop = null;
  }
  button.addEventListener("click", () => void toggle());
}

/** A submission that is sent twice ends twice: an end counts when it is still the same a moment later. */
async function untilEnd(kycId, refresh) {
  let before;
  for (;;) {
    const { recent } = await refresh();
    const ended = recent.find((one) => one.kycId === kycId)?.brief?.ended;
    if (ended !== undefined && ended === before) return ended;
    before = ended;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function showPictures(cases) {
  const index = cases.findIndex(({ name }) => name === byId("form").elements.case.value);
  const figures = (cases[index]?.images ?? []).map((image) => {
    const thumb = element("span.thumb");
    void loadPicture(`/api/samples/${index}/pictures/${image}`)
      .then(({ src }) => element("img", { src, alt: `The ${image} picture of this sample` }))
      .catch(({ message }) => message)
      .then((shown) => thumb.replaceChildren(shown));
    return element("figure", thumb, element("figcaption", image));
  });
  byId("previews").replaceChildren(...figures);
}
