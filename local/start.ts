/** `npm start`: the stack of the demo, left running until Ctrl-C. */
import { createBackend } from "./backend.ts";
import { startConsole } from "./console/console.ts";
import { createHappenings } from "./console/happenings.ts";
import { readEnvironment } from "./environment.ts";
import { isPortFree } from "./free-port.ts";
import { drawPassportPhoto, drawSelfie } from "./samples/draw.ts";
import { samplePassport } from "./samples/passports.ts";
import { startStack } from "./stack.ts";

const PORT = Number(process.env["PORT"] ?? 3000);
const CONSOLE_PORT = Number(process.env["CONSOLE_PORT"] ?? 3100);
const SAMPLE = { kycId: 456, userId: 123, person: 1 };

const stopped = new Promise<void>((resolve) => {
  for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => resolve());
});

if (await isPortFree(PORT)) {
  await main();
} else {
  console.error(`Port ${PORT} is in use. Stop what uses it, or take another: PORT=${PORT + 1} npm start`);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const happenings = createHappenings();
  await using stack = await startStack({
    environment: readEnvironment(),
    port: PORT,
    progress: console.log,
    log: (source, line) => {
      if (line.trim() !== "") console.log(`${source.padEnd(9)} ${line}`);
      if (source === "worker") happenings.takeWorkerLine(line);
    },
  });
  const { apiUrl, workerHealthUrl, neighbours } = stack;
  const { environment } = neighbours;
  await putSample(apiUrl, environment);
  const port = (await isPortFree(CONSOLE_PORT)) ? CONSOLE_PORT : 0;
  await using page = await startConsole({ stack, happenings, port });

  const submission = {
    userId: SAMPLE.userId,
    kycId: SAMPLE.kycId,
    passportKey: `kyc/${SAMPLE.kycId}/passport.jpg`,
    selfieKey: `kyc/${SAMPLE.kycId}/selfie.jpg`,
  };
  console.log(`
Console        ${page.url} (shows personal data; on this machine only)
API            ${apiUrl}/api/v1/process and ${apiUrl}/health
Worker health  ${workerHealthUrl}
PostgreSQL     ${environment["POSTGRES_URL"]}
Redis          ${environment["REDIS_URL"]}
Storage        ${environment["S3_ENDPOINT"]} (bucket ${environment["S3_BUCKET"] ?? "kyc-data"})
Gemini         ${neighbours.gemini === undefined ? "the real one" : `${neighbours.gemini.url} (stand-in)`}
CompreFace     ${neighbours.compreface === undefined ? environment["COMPREFACE_URL"] : `${neighbours.compreface.url} (stand-in)`}

Record ${SAMPLE.kycId} and its sample pictures are there. Submit it:

curl -i ${apiUrl}/api/v1/process -H 'X-Service-Token: ${environment["KYC_SERVICE_SECRET"]}' -d '${JSON.stringify(submission)}'

Stop with Ctrl-C.
`);
  await stopped;
  console.log("Stopping.");
}

/** Puts a sample record and its pictures where the curl line expects them. */
async function putSample(apiUrl: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const backend = createBackend({ apiUrl, environment });
  try {
    const { kycId, userId, person } = SAMPLE;
    const [passportKey, selfieKey] = [`kyc/${kycId}/passport.jpg`, `kyc/${kycId}/selfie.jpg`];
    await backend.upload(passportKey, await drawPassportPhoto({ passport: samplePassport(person) }));
    await backend.upload(selfieKey, await drawSelfie({ faces: [person] }));
    const isThere = (await backend.records.readRecord(kycId)) !== undefined;
    if (!isThere) await backend.records.insertRecord({ kycId, userId, passportKey, selfieKey });
    await backend.records.setInReview(kycId);
  } finally {
    await backend.close();
  }
}
