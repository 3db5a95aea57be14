/** A proxy in front of the stand-in of Gemini that adds up the tokens in its answers. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { listen } from "../../dev/servers/listen.ts";
import * as z from "zod/mini";

const usageSchema = z.object({
  usageMetadata: z.object({ promptTokenCount: z.number(), totalTokenCount: z.number() }),
});

/** Starts the proxy on a free port. */
export async function startUsageTap(target: string) {
  const usage = { requests: 0, inputTokens: 0, outputTokens: 0 };

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = Buffer.concat(await request.toArray());
    const answer = await fetch(target + (request.url ?? ""), {
      method: "POST",
      headers: { "content-type": "application/json", "x-goog-api-key": String(request.headers["x-goog-api-key"]) },
      body,
    });
    const text = await answer.text();
    const { usageMetadata } = usageSchema.parse(JSON.parse(text));
    usage.requests += 1;
    usage.inputTokens += usageMetadata.promptTokenCount;
    usage.outputTokens += usageMetadata.totalTokenCount - usageMetadata.promptTokenCount;
    response.writeHead(answer.status, { "content-type": "application/json" }).end(text);
  }

  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  const port = await listen(server);

  return {
    url: `http://127.0.0.1:${port}`,
    /** Returns the usage since the last call. */
    take() {
      const taken = { ...usage };
      Object.assign(usage, { requests: 0, inputTokens: 0, outputTokens: 0 });
      return taken;
    },
    close(): void {
      server.close();
      server.closeAllConnections();
    },
  };
}
