/** `npm start`: the stack of the demo, left running until Ctrl-C. */
import { startConsole } from "./console/console.ts";
import { createHappenings } from "./console/happenings.ts";
import { readEnvironment } from "./stack/environment.ts";
import { isPortFree } from "./servers/free-port.ts";
import { STACK_FILE, writeStackFile } from "./stack/stack-file.ts";
import { startStack } from "./stack/stack.ts";
import { createStartLog } from "./stack/start-log.ts";
import { REQUESTS_FILE, writeRequestsFile } from "./stack/start-requests.ts";
import { FIRST_ID, putSamples } from "./stack/start-samples.ts";

const PORT = readPort("PORT", 3000);
const CONSOLE_PORT = readPort("CONSOLE_PORT", 3100);

const stopped = new Promise<void>((resolve) => {
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => resolve());
});

if (PORT === undefined || CONSOLE_PORT === undefined) {
  console.error("PORT and CONSOLE_PORT must be numbers from 1 to 65535, such as: PORT=3001 npm start");
  process.exitCode = 1;
} else if (await isPortFree(PORT)) {
  await main(PORT, CONSOLE_PORT);
} else {
  console.error(`Port ${PORT} is in use. Stop what uses it, or take another: PORT=${PORT + 1} npm start`);
  process.exitCode = 1;
}

function readPort(name: string, fallback: number): number | undefined {
  const port = Number(process.env[name] || fallback);
  return Number.isInteger(port) && port >= 1 && port <= 65_535 ? port : undefined;
}

async function main(wantedPort: number, consolePort: number): Promise<void> {
  const happenings = createHappenings();
  const log = createStartLog(console.log);
  await using stack = await startStack({
    environment: readEnvironment(),
    port: wantedPort,
    progress: console.log,
    log: (source, line) => {
      log.take(source, line);
      if (source === "worker") happenings.takeWorkerLine(line);
    },
  });
  const { apiUrl, workerHealthUrl, neighbours } = stack;
  const { environment } = neighbours;
  // Records and pictures that are really somebody's are not touched: these ids are beyond theirs.
  const isOwn = ["POSTGRES_URL", "S3_ENDPOINT"].every((name) => environment[name] !== process.env[name]);
  const firstId = isOwn ? FIRST_ID : Date.now();
  const submissions = await putSamples({ firstId, apiUrl, environment });
  const port = (await isPortFree(consolePort)) ? consolePort : 0;
  await using page = await startConsole({ stack, happenings, port });
  await using _file = await writeStackFile(environment);
  const token = environment["KYC_SERVICE_SECRET"] ?? "";
  await using _requests = await writeRequestsFile({ baseUrl: apiUrl, token, firstId });
  const [good, bad] = submissions.map(
    (submission) =>
      `curl -i ${apiUrl}/api/v1/process -H 'X-Service-Token: ${token}' -d '${JSON.stringify(submission)}'`,
  );

  console.log(`
Console        ${page.url} (shows personal data; on this machine only)
API            ${apiUrl}/api/v1/process and ${apiUrl}/health
Queue          ${page.url}/queue/ (every job, by bull-board)
Worker         ${workerHealthUrl} and ${new URL("/metrics", workerHealthUrl).href}
PostgreSQL     ${environment["POSTGRES_URL"]}
Redis          ${environment["REDIS_URL"]}
Storage        ${environment["S3_ENDPOINT"]} (bucket ${environment["S3_BUCKET"] ?? "kyc-data"})
Gemini         ${neighbours.gemini === undefined ? "the real one" : `${neighbours.gemini.url} (stand-in)`}
CompreFace     ${neighbours.compreface === undefined ? environment["COMPREFACE_URL"] : `${neighbours.compreface.url} (stand-in)`}

Records ${firstId} to ${firstId + submissions.length - 1} and their sample pictures are there. Submit the first one:

${good}

The second one's selfie shows somebody else:

${bad}

The third one has a stamp page. These and more, to click through in an editor: ${REQUESTS_FILE}

See what came of them, in another terminal in this folder (it finds the stack by ${STACK_FILE}):

npx kyc show ${firstId}
npx kyc show ${firstId + 1}

Stop with Ctrl-C.
`);
  await stopped;
  log.stop();
  console.log("Stopping.");
}
