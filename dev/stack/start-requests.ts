/** A copy of `requests.http` that can be sent as it stands: with the URL, the token and the records of this `npm start`. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writePrivateFile } from "./private-file.ts";
import { FIRST_ID, SAMPLES } from "./start-samples.ts";

/** The copy. */
export const REQUESTS_FILE = ".local/requests.http";

const TEMPLATE = join(import.meta.dirname, "../../requests.http");

interface Settings {
  readonly baseUrl: string;
  readonly token: string;
  readonly firstId: number;
}

/** The text of `requests.http` with a stack's settings. */
export function fillRequests(template: string, { baseUrl, token, firstId }: Settings): string {
  const renumbered = SAMPLES.reduce((text, _sample, index) => {
    const [from, to] = [FIRST_ID + index, firstId + index];
    return text.replaceAll(`kyc/${from}/`, `kyc/${to}/`).replaceAll(`"kycId": ${from}`, `"kycId": ${to}`);
  }, template);
  return renumbered
    .slice(renumbered.indexOf("@baseUrl"))
    .replace(/^@baseUrl = .*$/m, () => `@baseUrl = ${baseUrl}`)
    .replace(/^@token = .*$/m, () => `@token = ${token}`);
}

/** Writes the copy; disposing of what is returned takes it away. */
export async function writeRequestsFile(settings: Settings): Promise<AsyncDisposable> {
  const head =
    "# requests.http with the URL and the token of this npm start. It is taken away when the stack stops.\n\n";
  return writePrivateFile(REQUESTS_FILE, head + fillRequests(await readFile(TEMPLATE, "utf8"), settings));
}
