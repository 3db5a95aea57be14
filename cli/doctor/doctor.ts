/** `npx kyc doctor`: checks every setting and every dependency, and says how to fix each fault. */
import {
  ConfigError,
  processEnvironment,
  readProcessConfig,
  readWatchdogConfig,
  readWorkerConfig,
} from "../../lib/config.ts";
import { checkCompreface, describeEngine } from "./check-compreface.ts";
import { checkGemini } from "./check-gemini.ts";
import { checkPostgres } from "./check-postgres.ts";
import { checkRedis } from "./check-redis.ts";
import { checkStorage } from "./check-storage.ts";
import type { Command } from "../command.ts";
import { ok, warning, wrong, type Finding } from "./finding.ts";
import { codeOf, connectionTrouble, postgresTrouble, redisTrouble, type Trouble } from "./dependency.ts";

export const doctor: Command = {
  summary: "check every setting and dependency",
  help: "Asks Gemini to read a blank page, for less than a cent. Exits with 1 if something is wrong.",
  options: [["--key <objectKey>", "an object to read from the storage, such as kyc/456/passport.jpg"]],
  async run({ options }) {
    const { worker, sinceColumn, findings: settings } = readSettings();
    const dependencies =
      worker === undefined
        ? []
        : await Promise.all([
            settled("Redis", redisTrouble, checkRedis(worker)),
            settled("PostgreSQL", postgresTrouble, checkPostgres(worker, sinceColumn)),
            settled("Object storage", behind("S3_ENDPOINT"), checkStorage(worker, options.key)),
            settled("Gemini", behind("GEMINI_BASE_URL"), checkGemini(worker)),
            settled("CompreFace", behind("COMPREFACE_URL"), checkCompreface(worker)),
          ]);
    const engine = worker === undefined ? [] : [describeEngine(worker)];
    const findings = [...settings, ...dependencies.flat(), ...engine];
    const marks = { ok: "ok     ", warning: "WARNING", wrong: "WRONG  " };
    const lines = findings.map(({ what, state, detail, fix }) =>
      [`${marks[state]}  ${what}: ${detail}`, ...(fix === undefined ? [] : [`         -> ${fix}`])].join("\n"),
    );
    return { ok: findings.every(({ state }) => state !== "wrong"), report: lines.join("\n"), data: findings };
  },
};

const behind = (setting: string) => (code: string | undefined) => connectionTrouble(code, setting);

/** Turns the error of a check into a finding: a dependency that does not answer is a finding too. */
const settled = (
  what: string,
  explain: (code: string | undefined) => Trouble,
  findings: Promise<readonly Finding[]>,
): Promise<readonly Finding[]> => findings.catch((error: unknown) => [wrong(what, explain(codeOf(error)))]);

/** The one required setting that a worker's container does not have. */
const API_ONLY = "KYC_SERVICE_SECRET";

function readSettings() {
  const findings: Finding[] = [];
  const attempt = <T>(what: string, read: () => T): T | undefined => {
    try {
      const config = read();
      findings.push(ok(`Settings of the ${what}`, "complete"));
      return config;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const fix = error.message
        .split("\n")
        .slice(1)
        .map((line) => line.trim())
        .join("\n         -> ");
      const detail = error.variables.join(", ");
      const isElsewhere = detail === API_ONLY && !processEnvironment()[API_ONLY];
      findings.push(
        isElsewhere
          ? warning(`Settings of the ${what}`, `${detail} is not set`, "The worker does not need it. The API does.")
          : wrong(`Settings of the ${what}`, { detail, fix }),
      );
      return undefined;
    }
  };
  attempt("API", () => readProcessConfig());
  const sinceColumn = attempt("watchdog", () => readWatchdogConfig())?.KYC_STUCK_SINCE_COLUMN;
  return { worker: attempt("worker", () => readWorkerConfig()), sinceColumn, findings };
}
