/** For developers: the pictures, the call, what it cost, the row and the exact result. */
import { card, copyable, date, element, formatMs, pairList, words } from "./element.js";
import { pictureFigure } from "./picture.js";

/** All submitted pictures, whole. */
export function picturesCard(pictures) {
  const figures = Object.entries(pictures).map(([image, picture]) => pictureFigure(image, picture));
  return card("Pictures", element("div.pictures", figures));
}

/** What a developer takes along. */
export function developerCard({ row, result, kycId }, { apiUrl, engines }) {
  const calls = (result?.calls ?? []).filter(({ tokens }) => tokens !== undefined);
  return card(
    "For developers",
    row !== null && fold("Call it from your code", ...callTexts(row, kycId, apiUrl)),
    calls.length > 0 && fold("Calls and tokens", callList(calls, engines)),
    fold("The row", row === null ? element("p", "There is no such record.") : rowList(row)),
    result !== null && fold("Exact JSON", copyable("The opened result", JSON.stringify(result, null, 2), "json")),
  );
}

const fold = (title, ...content) => element("details", element("summary", title), ...content);

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

function callList(calls, { readers }) {
  const pairs = calls.map(({ purpose, durationMs, tokens: { model, inputTokens, outputTokens } }) => {
    const [input, output] = [inputTokens, outputTokens].map((count) => count.toLocaleString("en"));
    const cost = `${input} token${inputTokens === 1 ? "" : "s"} in, ${output} out`;
    return [words(purpose), `${formatMs(durationMs)} · ${cost} · answered by ${readers[model] ?? model}`];
  });
  return pairList(pairs);
}

function rowList({ ocrResult, ...columns }) {
  const pairs = Object.entries(columns).map(([name, value]) => [
    name,
    name.endsWith("At") && value !== null ? date(value) : value,
  ]);
  const sealed = ocrResult && [`${ocrResult.bytes} bytes `, element("code", `${ocrResult.startsWith}…`)];
  return pairList([...pairs, ["ocrResult", sealed]]);
}
