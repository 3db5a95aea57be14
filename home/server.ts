/**
 * The functions without AWS: HTTP requests become the events that API Gateway sends, and the schedule is a timer. So a box
 * at home runs the very handlers that Lambda runs.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context, ScheduledEvent } from "aws-lambda";
import { describeError } from "../lib/errors.ts";
import type { Logger } from "../lib/observe/logger.ts";

/** No function accepts as much. What is longer is cut off, which a function refuses as too large once it knows the caller. */
const MAX_BODY_BYTES = 64 * 1024;
/** As long as API Gateway waits for a function. */
const HTTP_TIMEOUT_MS = 30_000;

/** A function behind an HTTP route. */
export type HttpFunction = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2>;

/** A function on a schedule. */
export type ScheduledFunction = (event: ScheduledEvent, context: Context) => Promise<unknown>;

interface ServerOptions {
  /** 0 takes any that is free. */
  readonly port: number;
  /** By route, such as `GET /health`. */
  readonly routes: Readonly<Record<string, HttpFunction>>;
  readonly schedule: {
    readonly name: string;
    readonly run: ScheduledFunction;
    readonly intervalMs: number;
    readonly timeoutMs: number;
  };
  readonly log: Logger;
}

/** Starts to listen and to run the schedule; resolves with the port. */
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
    /** Stops to listen; resolves when what is under way has ended. */
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
  const [path = "", query = ""] = (request.url ?? "").split(/\?(.*)/s);
  // Node sends the headers of an answer to HEAD, without its body.
  const route = `${request.method === "HEAD" ? "GET" : request.method} ${path}`;
  const run = Object.hasOwn(routes, route) ? routes[route] : undefined;
  if (run === undefined) return message(404, "Not Found");
  const event = toEvent(request, { route, path, query, body: await readBeginning(request) });
  return run(event, contextOf(route, event.requestContext.requestId, HTTP_TIMEOUT_MS));
}

const message = (statusCode: number, text: string): APIGatewayProxyStructuredResultV2 => ({
  statusCode,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ message: text }),
});

async function readBeginning(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    chunks.push(Buffer.from(chunk));
    bytes += Buffer.byteLength(chunk);
    if (bytes > MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks);
}

interface Parts {
  readonly route: string;
  readonly path: string;
  readonly query: string;
  readonly body: Buffer;
}

function toEvent(request: IncomingMessage, { route, path, query, body }: Parts): APIGatewayProxyEventV2 {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(",") : value]),
  );
  const now = new Date();
  return {
    version: "2.0",
    routeKey: route,
    rawPath: path,
    rawQueryString: query,
    headers,
    requestContext: {
      accountId: "",
      apiId: "",
      domainName: headers["host"] ?? "",
      domainPrefix: "",
      http: {
        method: request.method ?? "",
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: request.socket.remoteAddress ?? "",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey: route,
      stage: "$default",
      time: now.toISOString(),
      timeEpoch: now.getTime(),
    },
    // Base64 keeps every byte as it came.
    ...(body.length > 0 && { body: body.toString("base64") }),
    isBase64Encoded: body.length > 0,
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
  // What was not read of the request would be taken for the next one.
  if (!request.complete) response.shouldKeepAlive = false;
  response.writeHead(
    statusCode,
    Object.entries(headers).flatMap(([name, value]) => [name, String(value)]),
  );
  response.end(body, () => {
    if (!request.complete) request.destroy();
  });
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
