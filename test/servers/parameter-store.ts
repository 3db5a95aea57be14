/** AWS's Parameter Store over HTTP, as far as `GetParameters` goes. */
import type { IncomingHttpHeaders } from "node:http";
import { json } from "node:stream/consumers";
import * as z from "zod/mini";
import { startHttpServer } from "./http-server.ts";

const requestSchema = z.object({ Names: z.array(z.string()), WithDecryption: z.boolean() });

/** What was asked for. */
interface Asked {
  readonly names: readonly string[];
  readonly decrypted: boolean;
  readonly headers: IncomingHttpHeaders;
}

/** Starts a store that holds these values; with another status, it refuses. */
export async function startParameterStore(stored: Readonly<Record<string, string>>, status = 200) {
  const requests: Asked[] = [];
  const server = await startHttpServer(async (request, response) => {
    const { Names: names, WithDecryption: decrypted } = requestSchema.parse(await json(request));
    requests.push({ names, decrypted, headers: request.headers });
    const Parameters = names.flatMap((Name) => (stored[Name] === undefined ? [] : [{ Name, Value: stored[Name] }]));
    const InvalidParameters = names.filter((name) => stored[name] === undefined);
    const refusal = { __type: "AccessDeniedException", message: "not for you: AKIDTEST" };
    response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
    response.end(JSON.stringify(status === 200 ? { Parameters, InvalidParameters } : refusal));
  });
  return {
    ...server,
    requests,
    /** The environment in which the AWS SDK asks this store. */
    environment: {
      AWS_ENDPOINT_URL_SSM: server.url,
      AWS_REGION: "eu-test-1",
      AWS_ACCESS_KEY_ID: "AKIDTEST",
      AWS_SECRET_ACCESS_KEY: "secret",
      AWS_SESSION_TOKEN: "session",
    },
  };
}
