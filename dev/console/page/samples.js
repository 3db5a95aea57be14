/** The samples in groups: what should happen, what did happen, and all of them in a row. */
import { byId, element } from "./element.js";
import { loadPicture } from "./picture.js";

const POLL_MS = 400;

/** Sets the list up. */
export function setUpSamples({ cases, submit, refresh }) {
  const rows = new Map(cases.map((one, index) => [one.name, sampleRow(one, index)]));
  const groups = Object.entries(Object.groupBy(cases, ({ group }) => group));
  const counts = groups.map(([, members]) => element("span", {}, String(members.length)));
  byId("cases").replaceChildren(
    ...groups.map(([title, members], index) =>
      element(
        "details",
        { name: "group", open: index === 0 },
        element("summary", {}, title, " ", counts[index]),
        members.map(({ name }) => rows.get(name).node),
      ),
    ),
  );
  byId("cases").addEventListener("change", () => showPictures(cases));
  showPictures(cases);

  /** Shows beside each sample how its last record ended. */
  function showEnds(recent) {
    for (const { label, brief } of recent.toReversed()) rows.get(label)?.show(brief);
    for (const [index, [, members]] of groups.entries()) {
      const ends = members.map(({ name }) => rows.get(name).end());
      const ran = ends.filter((end) => end !== null).length;
      if (ran > 0) counts[index].textContent = `${ends.filter((end) => end).length} of ${ran} as expected`;
    }
  }

  for (const group of byId("cases").children) group.addEventListener("toggle", () => chooseIn(group, cases));
  const toggle = runAll(cases, { submit, refresh });
  byId("run-all").addEventListener("click", () => void toggle());
  return { chosen: () => formOf(byId("form").elements.case.value), showEnds };
}

/** What is chosen is in the group that is open, so that it can be seen. */
function chooseIn(group, cases) {
  if (!group.open || group.querySelector(":checked") !== null) return;
  const first = group.querySelector("input:enabled");
  if (first === null) return;
  first.checked = true;
  showPictures(cases);
}

function formOf(name) {
  const body = new FormData();
  body.set("case", name);
  return body;
}

function sampleRow({ name, expected, notRunnable }, index) {
  const mark = element("span", { class: "end" });
  const said = element("small", {}, notRunnable ?? expected);
  const node = element(
    "label",
    { class: "case" },
    element("input", {
      type: "radio",
      name: "case",
      value: name,
      checked: index === 0,
      disabled: notRunnable !== null,
    }),
    element("span", {}, element("b", {}, name), said),
    mark,
  );
  let isRight = null;
  function show(brief) {
    isRight = brief === null ? null : brief.ended === expected;
    mark.className = `end ${brief === null ? "" : isRight ? "right" : "wrong"}`;
    mark.textContent = brief === null ? "runs" : isRight ? "as expected" : "otherwise";
    said.textContent = brief === null || isRight ? expected : `${expected}. It ended: ${brief.ended}`;
  }
  return { node, show, end: () => isRight };
}

/** Starts all samples, each after the one before has ended: a sample scripts the stand-ins. A second click stops. */
function runAll(cases, { submit, refresh }) {
  let stops = null;
  const say = (text) => (byId("run-all-status").textContent = text);

  async function run(runnable, isStopped) {
    let right = 0;
    for (const [index, { name, expected }] of runnable.entries()) {
      if (isStopped()) return say(`Stopped. ${right} of ${index} ended as expected.`);
      say(`Running ${index + 1} of ${runnable.length}: ${name}`);
      const kycId = await submit(formOf(name));
      if ((await untilEnd(kycId, refresh)).ended === expected) right += 1;
    }
    say(`${right} of ${runnable.length} ended as expected.`);
  }

  return async () => {
    if (stops !== null) return stops();
    let isStopped = false;
    stops = () => (isStopped = true);
    byId("run-all").textContent = "Stop";
    byId("submit").disabled = true;
    const runnable = cases.filter(({ notRunnable }) => notRunnable === null);
    await run(runnable, () => isStopped).catch(({ message }) => say(`It stopped: ${message}`));
    byId("run-all").textContent = "Run all";
    byId("submit").disabled = false;
    stops = null;
  };
}

/** A submission that is sent twice ends twice: an end counts when it is still the same a moment later. */
async function untilEnd(kycId, refresh) {
  let before = null;
  for (;;) {
    const brief = (await refresh()).find((one) => one.kycId === kycId)?.brief ?? null;
    if (brief !== null && brief.ended === before) return brief;
    before = brief?.ended;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function showPictures(cases) {
  const index = cases.findIndex(({ name }) => name === byId("form").elements.case.value);
  const figures = (cases[index]?.images ?? []).map((image) => {
    const figure = element("figure", {}, element("span", { class: "thumb" }), element("figcaption", {}, image));
    void loadPicture(`/api/samples/${index}/pictures/${image}`)
      .then(({ src }) => element("img", { src, alt: `The ${image} picture of this sample` }))
      .catch(({ message }) => message)
      .then((shown) => figure.firstChild.replaceChildren(shown));
    return figure;
  });
  byId("previews").replaceChildren(...figures);
}
