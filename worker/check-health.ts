/** The containers' health check: `node worker/check-health.ts <url>` exits with 0 if the URL answers with success. */
const [, , url = "http://127.0.0.1:8080/health"] = process.argv;

const isHealthy = await fetch(url, { signal: AbortSignal.timeout(4_000) }).then(
  (answer) => answer.ok,
  () => false,
);
process.exit(isHealthy ? 0 : 1);
