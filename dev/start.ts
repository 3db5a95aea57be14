/** `npm start`: the stack of the demo on fixed ports, with the console, left running until Ctrl-C. */
import { once } from "node:events";
import { startConsole } from "./console/console.ts";
import { createHappenings } from "./console/happenings.ts";
import { createBackend } from "./stack/backend.ts";
import type { LogSource } from "./stack/dependencies.ts";
import { runWithLog, type LogFile } from "./stack/log-file.ts";
import { readable } from "./stack/log-line.ts";
import { choosePorts, PortError, type StackPorts } from "./stack/ports.ts";
import { writePrivateFile } from "./stack/private-file.ts";
import { writeStackFile } from "./stack/stack-file.ts";
import { startStack } from "./stack/stack.ts";
import { describeStack, URLS_FILE } from "./stack/start-page.ts";
import { writeRequestsFile } from "./stack/start-requests.ts";
import { FIRST_ID, putSamples } from "./stack/start-samples.ts";

const LOG_FILE = ".local/start.log";

const stopped = Promise.race(["SIGINT", "SIGTERM"].map((signal) => once(process, signal)));

try {
  // Before the log is opened: another npm start, which has the ports, may be writing there.
  const ports = await choosePorts(process.env);
  await runWithLog(LOG_FILE, "npm start could not go on.", (log) => keepRunning(ports, log));
} catch (error) {
  if (!(error instanceof PortError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function keepRunning(ports: StackPorts, log: LogFile): Promise<void> {
  const happenings = createHappenings();
  let isStopping = false;
  const takeLine = (source: LogSource, line: string) => {
    log.write(source, line);
    if (source === "worker") happenings.takeWorkerLine(line);
    // esbuild calls it a deadlock when serverless offline stops before it does: nobody has to read that.
    const shown = isStopping || (source !== "worker" && source !== "functions") ? undefined : readable(source, line);
    if (shown !== undefined) console.log(shown);
  };
  await using stack = await startStack({ environment: process.env, ports, progress: console.log, log: takeLine });
  const { apiUrl } = stack;
  const { environment } = stack.dependencies;
  // Records and pictures that are really somebody's are not touched: these ids are beyond theirs.
  const isOwn = ["POSTGRES_URL", "S3_ENDPOINT"].every((name) => environment[name] !== process.env[name]);
  const firstId = isOwn ? FIRST_ID : Date.now();
  console.log("Sample records and their pictures: putting them there");
  const submissions = await putSamples({ firstId, apiUrl, environment });
  await using cleanUp = new AsyncDisposableStack();
  const backend = createBackend({ apiUrl, environment });
  cleanUp.defer(() => backend.close());
  const ids = new Set(submissions.map(({ kycId }) => kycId));
  happenings.listen((kycId) => {
    if (ids.has(kycId)) backend.records.startReview(kycId).catch((error: unknown) => log.explain(error));
  });
  const page = cleanUp.use(await startConsole({ stack, happenings, port: ports.console }));
  cleanUp.use(await writeStackFile(environment));
  cleanUp.use(await writeRequestsFile({ baseUrl: apiUrl, token: environment["KYC_SERVICE_SECRET"] ?? "", firstId }));
  const text = describeStack({ stack, consoleUrl: page.url, logFile: LOG_FILE, submissions });
  cleanUp.use(await writePrivateFile(URLS_FILE, text));
  console.log(`\n${text}\nThis again: npm run urls. Stop with Ctrl-C.\n`);
  await stopped;
  isStopping = true;
  console.log("Stopping.");
}
