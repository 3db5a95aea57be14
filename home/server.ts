/**
 * Runs the functions without AWS. It turns HTTP requests into the events of API Gateway, and a timer replaces the
 * schedule. So a server at home runs the same handlers as Lambda.
 */
import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context, ScheduledEvent } from "aws-lambda";
import { describeError } from "../lib/errors.ts";
import type { Logger } from "../lib/observe/logger.ts";

/**
 * More than any function accepts. A longer body is cut off here; the function checks the token, then refuses the body.
 */
const MAX_BODY_BYTES = 64 * 1024;
/** The time that API Gateway waits for a function. */
const HTTP_TIMEOUT_MS = 30_000;

/** A function behind an HTTP route. */
export type HttpFunction = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** A function on a schedule. */
export type ScheduledFunction = (event: ScheduledEvent, context: Context) => Promise<unknown>;

interface ServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** The functions by route, such as `GET /health`. */
  readonly routes: Readonly<Record<string, HttpFunction>>;
  readonly schedule: {
    readonly name: string;
    readonly run: ScheduledFunction;
    readonly intervalMs: number;
    readonly timeoutMs: number;
  };
  readonly log: Logger;
}

/** Starts the server and the schedule. Resolves with the port and a way to stop. */
export async function startFunctionsServer({ port, routes, schedule, log }: ServerOptions) {
  const server = createServer({ requestTimeout: HTTP_TIMEOUT_MS }, (request, response) => {
    const answer = (result: APIGatewayProxyStructuredResultV2) => {
      if (!server.listening) response.shouldKeepAlive = false;
      send(response, result);
    };
    serve(request, routes).then(answer, (error: unknown) => {
      log.error({ cause: describeError(error) }, "a function failed: its caller got 500");
      answer(message(500, "Internal Server Error"));
    });
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, resolve));
  const timer = startSchedule(schedule, log);
  return {
    port: portOf(server.address()),
    /** Stops listening; resolves when running requests and the running sweep have ended. */
    async close(): Promise<void> {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      await Promise.all([closed, timer.stop()]);
    },
  };
}

const portOf = (address: AddressInfo | string | null) => (typeof address === "object" ? (address?.port ?? 0) : 0);

async function serve(request: IncomingMessage, routes: ServerOptions["routes"]) {
  const url = request.url ?? "";
  const mark = url.indexOf("?");
  const [path, query] = mark === -1 ? [url, ""] : [url.slice(0, mark), url.slice(mark + 1)];
  // For HEAD, Node sends only the headers of the answer.
  const method = request.method === "HEAD" ? "GET" : (request.method ?? "");
  const route = `${method} ${path}`;
  const run = Object.hasOwn(routes, route) ? routes[route] : undefined;
  if (run === undefined) return message(404, "Not Found");
  const event = toEvent(request, { method, route, path, query, body: await readBeginning(request) });
  return run(event, contextOf(route, event.requestContext.requestId, HTTP_TIMEOUT_MS));
}

const message = (statusCode: number, text: string): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ message: text }),
});

/** Reads the body up to the limit. Uses events: an iterator over the request would cost more than the HTTP parser. */
function readBeginning(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    const finish = () => resolve(Buffer.concat(chunks));
    request
      .on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        bytes += chunk.length;
        if (bytes <= MAX_BODY_BYTES) return;
        request.pause();
        finish();
      })
      .on("end", finish)
      .on("error", reject);
  });
}

interface Parts {
  readonly method: string;
  readonly route: string;
  readonly path: string;
  readonly query: string;
  readonly body: Buffer;
}

/** Fields about API Gateway and the connection. No function reads them. */
const UNREAD = { accountId: "", apiId: "", domainName: "", domainPrefix: "", stage: "$default", time: "" } as const;
const UNREAD_HTTP = { protocol: "HTTP/1.1", sourceIp: "", userAgent: "" } as const;

function toEvent(request: IncomingMessage, { method, route, path, query, body }: Parts): APIGatewayProxyEventV2 {
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = value?.toString();
  // Like API Gateway: UTF-8 as text and other bytes as base64, so that every byte arrives.
  const isText = isUtf8(body);
  return {
    version: "2.0",
    routeKey: route,
    rawPath: path,
    rawQueryString: query,
    headers,
    requestContext: {
      ...UNREAD,
      http: { ...UNREAD_HTTP, method, path },
      requestId: randomUUID(),
      routeKey: route,
      timeEpoch: Date.now(),
    },
    ...(body.length > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: !isText,
  };
}

function contextOf(functionName: string, awsRequestId: string, timeoutMs: number): Context {
  const deadline = Date.now() + timeoutMs;
  const unsupported = () => {};
  return {
    callbackWaitsForEmptyEventLoop: false,
    functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: "",
    memoryLimitInMB: "",
    awsRequestId,
    logGroupName: "",
    logStreamName: "",
    getRemainingTimeInMillis: () => deadline - Date.now(),
    done: unsupported,
    fail: unsupported,
    succeed: unsupported,
  };
}

function send(
  response: ServerResponse,
  { statusCode = 200, headers = {}, body = "" }: APIGatewayProxyStructuredResultV2,
) {
  const request = response.req;
  // Without the length, Node sends the answer in chunks.
  const lines = ["content-length", String(Buffer.byteLength(body))];
  for (const [name, value] of Object.entries(headers)) lines.push(name, String(value));
  if (request.complete) {
    response.writeHead(statusCode, lines).end(body);
    return;
  }
  // Close the connection. Otherwise Node would read the rest of the body as the next request.
  response.shouldKeepAlive = false;
  response.writeHead(statusCode, lines).end(body, () => request.destroy());
}

function startSchedule({ name, run, intervalMs, timeoutMs }: ServerOptions["schedule"], log: Logger) {
  let running: Promise<void> | undefined;
  async function runOnce(): Promise<void> {
    const id = randomUUID();
    try {
      await run(scheduledEvent(id), contextOf(name, id, timeoutMs));
    } catch (error) {
      log.error({ cause: describeError(error), schedule: name }, "a scheduled run failed: the next one is on time");
    }
  }
  function tick(): void {
    running ??= runOnce().finally(() => (running = undefined));
  }
  tick();
  const timer = setInterval(tick, intervalMs);
  return {
    async stop(): Promise<void> {
      clearInterval(timer);
      await running;
    },
  };
}

const scheduledEvent = (id: string): ScheduledEvent => ({
  id,
  version: "0",
  account: "",
  time: new Date().toISOString(),
  region: "",
  resources: [],
  source: "aws.events",
  "detail-type": "Scheduled Event",
  detail: {},
});
