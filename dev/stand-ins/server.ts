/**
 * The HTTP server under the stand-ins: bodies with a limit, replies that can break on purpose, a log of calls, and the
 * two control paths through which another process scripts faults and reads the log. Listens on the loopback only.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { startHttpServer } from "../servers/listen.ts";
import { createCallLog, type LoggedCall } from "./log.ts";
import { RefusalError, sendReply, type HttpReply, type Reply } from "./reply.ts";
import { createScript, type FaultFor, type NamedFault, type ScriptOptions } from "./script.ts";

/** One call as the stand-ins see it. */
export interface Call {
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** The path as sent, without the query: `//` is kept. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** Empty when it was longer than the limit. */
  readonly body: Buffer;
  readonly bodyTooLarge: boolean;
  /** Aborted when the caller is gone. */
  readonly signal: AbortSignal;
  /** The call's entry in the log, filled in as it becomes known. */
  readonly log: LoggedCall;
}

interface StandInOptions<Kind extends string, Fault extends NamedFault> extends ScriptOptions<Kind, Fault> {
  readonly port?: number | undefined;
  readonly maxBodyBytes: number;
  readonly answer: (call: Call, faultFor: FaultFor<Kind, Fault>) => Promise<Reply>;
}

/** Starts a stand-in whose faults are scripted, and returns once it takes connections. */
export async function createStandInServer<Kind extends string, Fault extends NamedFault>({
  port,
  maxBodyBytes,
  answer,
  ...options
}: StandInOptions<Kind, Fault>) {
  const script = createScript(options);
  const log = createCallLog();

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // The path may begin with two slashes, which the URL class would take for a host.
    const url = new URL(`http://127.0.0.1${request.url ?? "/"}`);
    const gone = new AbortController();
    const send = (reply: Reply) => sendReply(response, reply, gone.signal);
    const control = `${request.method} ${url.pathname}`;
    if (control === "GET /__requests") return send(json(200, log.calls));
    if (control === "POST /__script") return send(await takeScript(request));
    const { call: entry, close } = log.open(request.method ?? "", url.pathname);
    response.once("close", () => {
      close(response.writableFinished);
      gone.abort();
    });
    const { body, tooLarge } = await readBody(request, maxBodyBytes);
    const call: Call = {
      method: request.method ?? "",
      target: request.url ?? "/",
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
      bodyTooLarge: tooLarge,
      signal: gone.signal,
      log: entry,
    };
    const reply = await answer(call, script.faultFor).catch((error: unknown) =>
      replyToError(error, entry, gone.signal),
    );
    if (gone.signal.aborted) return;
    entry.status = typeof reply === "string" ? null : reply.status;
    return send(reply);
  }

  async function takeScript(request: IncomingMessage): Promise<HttpReply> {
    try {
      const { body } = await readBody(request, maxBodyBytes);
      script.accept(JSON.parse(body.toString()));
      return { status: 204, contentType: undefined, body: "" };
    } catch (error) {
      return json(400, { error: String(error) });
    }
  }

  const server = await startHttpServer((request, response) => {
    // The caller hung up while it sent its body: it needs no answer.
    serve(request, response).catch(() => response.destroy());
  }, port);
  /** `script` replaces the script of faults, as `POST /__script` does from another process. `addRules` adds to it. */
  return { ...server, requests: log.calls, script: script.replace, addRules: script.add };
}

const json = (status: number, body: unknown): HttpReply => ({
  status,
  contentType: "application/json",
  body: `${JSON.stringify(body, null, 2)}\n`,
});

/** Reads a body to its end even when it is too long: a reply sent earlier could be lost with the connection. */
async function readBody(request: IncomingMessage, maxBytes: number): Promise<{ body: Buffer; tooLarge: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return { body: Buffer.concat(chunks), tooLarge: bytes > maxBytes };
}

function replyToError(error: unknown, entry: LoggedCall, gone: AbortSignal): Reply {
  if (error instanceof RefusalError) return error.reply;
  if (gone.aborted) return "reset";
  // A fault of the stand-in itself must never look like one of the provider's.
  entry.failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { status: 599, contentType: "text/plain", body: `The stand-in failed: ${entry.failure}\n` };
}
