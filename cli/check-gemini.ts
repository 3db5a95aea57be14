/** Whether Gemini knows the key and the model. */
import { boundedFetch } from "../lib/providers/bounded-fetch.ts";
import type { WorkerConfig } from "../lib/config.ts";
import { ok, TIMEOUT_MS, wrong, type Finding } from "./finding.ts";
import type { Trouble } from "./neighbour.ts";

/** Asks for the model's description, which costs nothing. Throws where there is no answer. */
export async function checkGemini(config: WorkerConfig): Promise<readonly Finding[]> {
  const { GEMINI_BASE_URL: url, GEMINI_MODEL: model, GEMINI_API_KEY: key } = config;
  const response = await boundedFetch(`${url.replace(/\/+$/, "")}/v1beta/models/${model}`, {
    headers: { "x-goog-api-key": key },
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  return [
    response.ok
      ? ok("Gemini", `the key is valid and ${model} exists`)
      : wrong("Gemini", explain(response.status, model)),
  ];
}

function explain(status: number, model: string): Trouble {
  if (status === 404)
    return { detail: `has no model ${model} (HTTP 404)`, mend: "set GEMINI_MODEL to a model that exists" };
  if (status === 429)
    return {
      detail: "refuses for now: its rate limit or quota is used up (HTTP 429)",
      mend: "wait, or raise the quota",
    };
  if (status >= 500)
    return { detail: `does not answer as it should (HTTP ${status})`, mend: "look at its status page, and try again" };
  return {
    detail: `refuses the key (HTTP ${status})`,
    mend: "check GEMINI_API_KEY and its project's billing and restrictions",
  };
}
