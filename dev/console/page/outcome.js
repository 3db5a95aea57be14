/** How a submission ended. */
import { badge, card, element, pictureOf, words } from "./element.js";
import { facesCard, fieldsCard } from "./evidence.js";

const CHECK_TONES = { passed: "good", warning: "fair", failed: "bad", not_executed: "plain" };
const CLASSES = {
  retake: "the person can fix it",
  review: "a human should look",
  final: "another picture would not help",
  system: "our fault, not the person's",
};

/** The sections of an outcome. */
export function outcomeSections(outcome) {
  const { result } = outcome;
  const isComplete = result?.status === "ocr_complete";
  const { paid, local } = answeredCalls(result);
  return [
    verdictCard(outcome),
    element(
      "div",
      { class: isComplete ? "beside" : "" },
      picturesCard(outcome),
      isComplete ? fieldsCard(result.passport) : null,
    ),
    isComplete
      ? element("div", { class: "pair" }, facesCard(result.faceMatch, outcome.engines), stampCard(result.stamp))
      : null,
    isComplete ? checksCard(result.checks) : null,
    paid.length > 0 ? callsCard("Calls to Gemini", paid) : null,
    local.length > 0 ? callsCard("Read by the local reader on this machine", local, LOCAL_READER_SAYS) : null,
    rowCard(outcome.row),
    result === null ? null : jsonCard(result),
  ].filter((section) => section !== null);
}

function verdictCard({ result, row, told, verdict, refusal, tookMs }) {
  const { tone, title, why } = verdict;
  const none = row === null ? "There is no row to write to." : "The row has no result.";
  return element(
    "section",
    { class: `card verdict ${tone}` },
    element("div", { class: "verdict-title" }, element("h3", {}, title), badge(tone, row?.status ?? "no record")),
    result?.failureCode === undefined ? null : failure(result),
    why.length === 0 ? null : element("ul", { class: "why" }, why.map(line)),
    refusal === null ? null : refused(refusal),
    result === null && refusal === null ? element("p", {}, none) : null,
    tookMs === null ? null : element("p", { class: "muted" }, effortOf(result, tookMs)),
    element("h4", {}, "What the person is told"),
    told.length === 0
      ? element("p", { class: "muted" }, nothingTold(result))
      : element("ul", { class: "told" }, told.map(line)),
  );
}

const line = (text) => element("li", {}, text);

const nothingTold = (result) =>
  result === null ? "Nothing yet: there is no verdict." : "Nothing: there is nothing that the person must do.";

/** The API's own words. */
function refused({ status, code, message, fields }) {
  return element(
    "div",
    {},
    element("p", {}, element("code", {}, `HTTP ${status} ${code}`.trim()), ` ${message}`),
    fields.length === 0
      ? null
      : element(
          "ul",
          { class: "why" },
          fields.map(({ path, message: rule }) => element("li", {}, element("code", {}, path), ` ${rule}`)),
        ),
  );
}

const formatMs = (ms) => (ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`);
const formatCount = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

function effortOf(result, tookMs) {
  const { paid, local } = answeredCalls(result);
  const tokens = paid.reduce((sum, call) => sum + call.tokens.inputTokens + call.tokens.outputTokens, 0);
  const effort = [`${formatCount(paid.length, "answered call")} to Gemini`, formatCount(tokens, "token")];
  if (local.length > 0) effort.push("read by the local reader on this machine");
  return [`Took ${formatMs(tookMs)} in all`, ...effort].join(" · ");
}

const LOCAL_READER = "local-reader";
const LOCAL_READER_SAYS =
  "Gemini was not asked. The local reader judges neither the picture's quality nor stamps, although the checks mention them, and both readings of the MRZ are its own.";

/** The answers that the vision model charged for, and those of the local reader in its place. */
function answeredCalls(result) {
  const calls = (result?.calls ?? []).filter(({ tokens }) => tokens !== undefined);
  const isLocal = ({ tokens }) => tokens.model === LOCAL_READER;
  return { paid: calls.filter((call) => !isLocal(call)), local: calls.filter(isLocal) };
}

function callsCard(title, calls, note) {
  const pairs = calls.map(({ purpose, durationMs, tokens: { model, inputTokens, outputTokens } }) => [
    words(purpose),
    `${formatMs(durationMs)} · ${formatCount(inputTokens, "token")} in, ${outputTokens.toLocaleString("en")} out · ${model}`,
  ]);
  return card(title, pairList(pairs), note === undefined ? null : element("p", { class: "muted" }, note));
}

function failure({ failureCode, image, message, facts, class: reasonClass, attempts }) {
  const told = Object.entries(facts).map(([name, value]) => `${name} ${value}`);
  return element(
    "div",
    {},
    element("p", {}, element("code", {}, failureCode), image === null ? null : ` in the ${image} picture`),
    element("p", {}, message),
    element(
      "p",
      { class: "muted" },
      [`${reasonClass}: ${CLASSES[reasonClass]}`, ...told, `attempt ${attempts}`].join(" · "),
    ),
  );
}

function picturesCard({ kycId, images }) {
  if (images.length === 0) return null;
  const figures = images.map((image) => {
    const href = `/api/records/${kycId}/pictures/${image}`;
    const picture = pictureOf(href, `The submitted ${image} picture, opens in full`, true);
    return element("figure", {}, picture, element("figcaption", {}, words(image)));
  });
  return card("Pictures", element("div", { class: "pictures" }, figures));
}

function stampCard(stamp) {
  if (stamp === null) return null;
  if (!stamp.present) return card("Stamp", element("p", {}, "No stamp was found on the page."));
  const pairs = [
    ["Kind", stamp.kind],
    ["Country", stamp.country.value],
    ["Date", stamp.date.value],
    ["Place", stamp.place.value],
    ["Text", stamp.text],
  ];
  return card("Stamp", pairList(pairs));
}

function checksCard(checks) {
  const rows = checks.map(({ name, state, reasons }) =>
    element(
      "li",
      {},
      element("span", {}, words(name)),
      badge(CHECK_TONES[state], state === "not_executed" ? "Not done" : words(state)),
      reasons.map(({ code, field, message, class: reasonClass }) =>
        element(
          "p",
          {},
          field === null ? null : `${words(field)}: `,
          message,
          element("small", {}, ` ${code} · ${CLASSES[reasonClass]}`),
        ),
      ),
    ),
  );
  return card("Checks", element("ul", { class: "checks" }, rows));
}

function pairList(pairs) {
  const shown = pairs.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value ?? "–")]);
  return element("dl", { class: "row" }, shown.flat());
}

function rowCard(row) {
  if (row === null) return card("The row", element("p", {}, "There is no such record."));
  const { ocrResult, ...columns } = row;
  const sealed =
    ocrResult === null
      ? null
      : element("span", {}, `${ocrResult.bytes} bytes `, element("code", {}, `${ocrResult.startsWith}…`));
  const pairs = Object.entries(columns).map(([name, value]) => [name, value === null ? null : String(value)]);
  return card("The row", pairList([...pairs, ["ocrResult", sealed]]));
}

function jsonCard(result) {
  const text = JSON.stringify(result, null, 2);
  const copy = element("button", { type: "button", class: "button quiet" }, "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
  });
  return card(
    "The opened result",
    element(
      "details",
      {},
      element("summary", {}, "Exact JSON"),
      copy,
      element("pre", { class: "json", tabindex: "0", "aria-label": "JSON" }, text),
    ),
  );
}
