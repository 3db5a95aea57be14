/** A collector of traces for tests: OTLP over HTTP, in JSON. */
import { text } from "node:stream/consumers";
import * as z from "zod/mini";
import { startHttpServer } from "./http-server.ts";

const value = z.union([
  z.pipe(
    z.object({ stringValue: z.string() }),
    z.transform(({ stringValue }): string | number => stringValue),
  ),
  z.pipe(
    z.object({ intValue: z.number() }),
    z.transform(({ intValue }): string | number => intValue),
  ),
]);

const spanSchema = z.object({
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.optional(z.string()),
  name: z.string(),
  kind: z.number(),
  startTimeUnixNano: z.string(),
  endTimeUnixNano: z.string(),
  attributes: z.pipe(
    z.array(z.object({ key: z.string(), value })),
    z.transform((pairs: { key: string; value: string | number }[]): Readonly<Record<string, string | number>> =>
      Object.fromEntries(pairs.map((pair) => [pair.key, pair.value])),
    ),
  ),
});

const bodySchema = z.object({
  resourceSpans: z.array(z.object({ scopeSpans: z.array(z.object({ spans: z.array(spanSchema) })) })),
});

/** A span as it reached the collector; `kind` as OTLP counts: 1 internal, 2 server, 3 client, 5 consumer. */
export type CollectedSpan = z.infer<typeof spanSchema>;

/** Starts to collect on loopback. */
export async function startCollector() {
  const bodies: string[] = [];
  const server = await startHttpServer(async (request, response) => {
    bodies.push(await text(request));
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  return {
    url: server.url,
    /** What came, word for word. */
    text: () => bodies.join("\n"),
    spans: (): CollectedSpan[] =>
      bodies.flatMap((body) =>
        bodySchema
          .parse(JSON.parse(body))
          .resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    close: server.close,
  };
}
