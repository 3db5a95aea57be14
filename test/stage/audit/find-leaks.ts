/** Searches logs and Redis for personal data and secrets. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { samplePassport } from "../../../dev/samples/passports.ts";

const SECRETS = ["KYC_SERVICE_SECRET", "KYC_ENCRYPTION_KEYS", "S3_SECRET_KEY", "GEMINI_API_KEY", "COMPREFACE_API_KEY"];
/**
 * Patterns of a signed URL, a connection string, and the start of a JPEG in base64 (four characters occur by chance).
 */
export const LEAK_PATTERNS = [
  /X-Amz-/,
  /Signature=/,
  /postgres(?:ql)?:\/\//,
  /\/9j\/(?:2wBD|2wCE|4AAQSkZJRg|4[A-Za-z0-9+/]{3}RXhp)/,
];
/** Shorter texts occur in sealed bytes by chance. */
const SHORTEST_DATUM = 7;

interface Searched {
  readonly people: readonly number[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logs: readonly string[];
  /** The folder with the file to which Redis writes every change. */
  readonly redisFolder: string;
}

/** Names the leaks, without their values. */
export async function findLeaks({ people, environment, logs, redisFolder }: Searched): Promise<string[]> {
  const redis = await readAll(redisFolder);
  const logged = logs.join("\n");
  // Check the search itself: it must find texts that are not secret.
  if (!redis.includes("passportKey") || !logged.includes('"step"')) return ["nothing was searched"];
  const found: string[] = [];
  for (const [place, text] of [["the logs", logged] as const, ["Redis", redis] as const]) {
    for (const person of people) {
      if (dataOf(person).some((datum) => text.includes(datum))) found.push(`a datum of person ${person} in ${place}`);
    }
    for (const name of SECRETS) {
      const secret = environment[name]?.split(":").at(-1);
      if (secret === undefined || text.includes(secret)) found.push(`${name} in ${place}`);
    }
    for (const pattern of LEAK_PATTERNS) if (pattern.test(text)) found.push(`${pattern.source} in ${place}`);
  }
  return found;
}

function dataOf(person: number): string[] {
  const { surname, givenNames, documentNumber, mrz, birthDate, personalNumber } = samplePassport(person);
  return [surname, givenNames, documentNumber, ...mrz, birthDate, personalNumber ?? ""].filter(
    (datum) => datum.length >= SHORTEST_DATUM,
  );
}

async function readAll(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return (await Promise.all(files.map((file) => readFile(file, "latin1")))).join("\n");
}
