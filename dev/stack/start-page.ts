/** What `npm start` prints once everything runs: where it is, and what to do next. `npm run urls` prints it again. */
import { REQUESTS_FILE } from "./start-requests.ts";
import type { Stack } from "./stack.ts";
import type { submissionOf } from "./run-case.ts";

/** The text, while the stack runs. */
export const URLS_FILE = ".local/urls.txt";

interface Page {
  readonly stack: Stack;
  readonly consoleUrl: string;
  readonly logFile: string;
  readonly submissions: readonly ReturnType<typeof submissionOf>[];
}

/** The text. It has the stack's token: for the person at this machine only. */
export function describeStack({ stack, consoleUrl, logFile, submissions }: Page): string {
  const { apiUrl, workerHealthUrl, lambdaUrl, dependencies } = stack;
  const { environment, gemini, compreface } = dependencies;
  const ids = submissions.map(({ kycId }) => kycId);
  return `Console        ${consoleUrl} (shows personal data; on this machine only)
API            ${apiUrl}/api/v1/process and ${apiUrl}/health
Functions      ${lambdaUrl} (direct calls, as EventBridge makes them)
Queue          ${consoleUrl}/queue/ (every job, by bull-board)
Worker         ${workerHealthUrl} and ${new URL("/metrics", workerHealthUrl).href}
PostgreSQL     ${environment["POSTGRES_URL"]}
Redis          ${environment["REDIS_URL"]}
Storage        ${environment["S3_ENDPOINT"]} (bucket ${environment["S3_BUCKET"] ?? "kyc-data"})
Gemini         ${gemini === undefined ? "the real one" : `${gemini.url} (stand-in)`}
CompreFace     ${compreface === undefined ? environment["COMPREFACE_URL"] : `${compreface.url} (stand-in)`}
Log            ${logFile}

Sample records ${ids.join(", ")} and their pictures are there. In another terminal in this folder:

. .local/stack.env
curl -i ${apiUrl}/api/v1/process -H "X-Service-Token: $KYC_SERVICE_SECRET" -d '${JSON.stringify(submissions[0])}'
npx kyc show ${ids[0]}

More calls, to click through in an editor: ${REQUESTS_FILE}
`;
}
