/** For developers: the pictures, the call, what it cost, the row and the exact result. */
import { card, copyable, element, formatMs, pairList, words } from "./element.js";
import { pictureButton } from "./picture.js";

/** All submitted pictures, whole. */
export function picturesCard({ images }, loaded) {
  const figures = images.map((image) => {
    const title = `The submitted ${image} picture, whole`;
    return element("figure", {}, pictureButton(loaded(image), title), element("figcaption", {}, words(image)));
  });
  return card("Pictures", element("div", { class: "pictures" }, figures));
}

/** What a developer takes along. */
export function developerCard({ row, result, kycId }, { apiUrl, engines }) {
  const calls = (result?.calls ?? []).filter(({ tokens }) => tokens !== undefined);
  return card(
    "For developers",
    row === null ? null : fold("Call it from your code", ...callTexts(row, kycId, apiUrl)),
    calls.length === 0 ? null : fold("Calls and tokens", callList(calls, engines)),
    fold("The row", rowList(row)),
    result === null ? null : fold("Exact JSON", copyable("The opened result", JSON.stringify(result, null, 2), "json")),
  );
}

const fold = (title, ...content) => element("details", {}, element("summary", {}, title), ...content);

function callTexts({ userId, passportKey, selfieKey, stampKey }, kycId, apiUrl) {
  const body = { userId, kycId, passportKey, selfieKey, ...(stampKey !== null && { stampKey }) };
  const curl = `# In the folder of this repository:
. .local/stack.env
curl -i ${apiUrl}/api/v1/process -H "X-Service-Token: $KYC_SERVICE_SECRET" \\
  -d '${JSON.stringify(body)}'
npx kyc show ${kycId}`;
  const named = Object.entries(body).map(([name, value]) => `  ${name}: ${dartOf(value)},`);
  const dart = `final kyc = KycClient(
  baseUrl: Uri.parse('${apiUrl}'),
  serviceToken: Platform.environment['KYC_SERVICE_SECRET']!,
);
await kyc.submit(
${named.join("\n")}
);`;
  return [copyable("curl", curl), copyable("Dart", dart)];
}

const dartOf = (value) => (typeof value === "number" ? value : `'${value}'`);

const formatCount = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

function callList(calls, { readers }) {
  const pairs = calls.map(({ purpose, durationMs, tokens: { model, inputTokens, outputTokens } }) => {
    const name = readers[model] ?? model;
    const cost = `${formatCount(inputTokens, "token")} in, ${outputTokens.toLocaleString("en")} out`;
    return [words(purpose), `${formatMs(durationMs)} · ${cost} · answered by ${name}`];
  });
  return pairList(pairs);
}

function rowList(row) {
  if (row === null) return element("p", {}, "There is no such record.");
  const { ocrResult, ...columns } = row;
  const sealed =
    ocrResult === null
      ? null
      : element("span", {}, `${ocrResult.bytes} bytes `, element("code", {}, `${ocrResult.startsWith}…`));
  const pairs = Object.entries(columns).map(([name, value]) => [
    name,
    value === null ? null : element("span", { class: name.endsWith("At") ? "date" : "" }, String(value)),
  ]);
  return pairList([...pairs, ["ocrResult", sealed]]);
}
