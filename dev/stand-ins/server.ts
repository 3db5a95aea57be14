/**
 * The HTTP server under the stand-ins: bodies with a limit, replies that can break on purpose, a log of calls, and the
 * two control paths through which another process scripts faults and reads the log. Listens on the loopback only.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { startHttpServer } from "../servers/listen.ts";
import { openEntry, type LoggedCall } from "./log.ts";
import { BROKEN, refusalOf, sendReply, type HttpReply, type Reply } from "./reply.ts";
import { isNamed, type AnyRule, type Script } from "./script.ts";

/** One call as the stand-ins see it. */
export interface Call {
  readonly method: string;
  /** As sent, without the query: `//` is kept. */
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

interface StandInOptions<Rule extends AnyRule> {
  readonly port?: number | undefined;
  readonly maxBodyBytes: number;
  readonly script: Script<Rule>;
  /** May refuse the call. The faults that break any answer come after it. */
  readonly answer: (call: Call) => Promise<HttpReply>;
}

/** Load tests run for hours, so only the last calls are kept. */
const MAX_CALLS = 20_000;

/** Starts a stand-in whose faults are scripted, and returns once it takes connections. */
export async function createStandInServer<Rule extends AnyRule>(options: StandInOptions<Rule>) {
  const { port, maxBodyBytes, script, answer } = options;
  /** The oldest first. */
  const requests: LoggedCall[] = [];

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = "", url = "/", headers } = request;
    const [path = "/", ...query] = url.split("?");
    const gone = new AbortController();
    const send = (reply: Reply) => sendReply(response, reply, gone.signal);
    const control = `${method} ${path}`;
    if (control === "GET /__requests") return send(json(200, requests));
    if (control === "POST /__script") return send(await takeScript(request));
    const log = openEntry(method, path);
    requests.push(log);
    if (requests.length > MAX_CALLS) requests.shift();
    const startedAt = performance.now();
    response.once("close", () => {
      log.outcome = response.writableFinished ? "finished" : "aborted";
      log.durationMs = Math.round(performance.now() - startedAt);
      gone.abort();
    });
    const reply = await replyTo({
      method,
      path,
      query: new URLSearchParams(query.join("?")),
      headers,
      ...(await readBody(request, maxBodyBytes)),
      signal: gone.signal,
      log,
    });
    if (gone.signal.aborted) return;
    log.status = typeof reply === "string" ? null : reply.status;
    return send(reply);
  }

  async function replyTo(call: Call): Promise<Reply> {
    try {
      const reply = await answer(call).catch(refusalOf);
      const { fault } = call.log;
      return fault !== null && isNamed(BROKEN, fault) ? BROKEN[fault](reply) : reply;
    } catch (error) {
      if (call.signal.aborted) return "reset";
      // A fault of the stand-in itself must never look like one of the provider's.
      call.log.failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { status: 599, contentType: "text/plain", body: `The stand-in failed: ${call.log.failure}\n` };
    }
  }

  async function takeScript(request: IncomingMessage): Promise<HttpReply> {
    try {
      const { body } = await readBody(request, maxBodyBytes);
      script.accept(JSON.parse(body.toString()));
      return { status: 204, body: "" };
    } catch (error) {
      return json(400, { error: String(error) });
    }
  }

  const server = await startHttpServer((request, response) => {
    // The caller hung up while it sent its body: it needs no answer.
    serve(request, response).catch(() => response.destroy());
  }, port);
  /** `script` replaces the script of faults, as `POST /__script` does from another process. `addRules` adds to it. */
  return { ...server, requests, script: script.replace, addRules: script.add };
}

const json = (status: number, body: unknown): HttpReply => ({
  status,
  contentType: "application/json",
  body: `${JSON.stringify(body, null, 2)}\n`,
});

/** Reads a body to its end even when it is too long: a reply sent earlier could be lost with the connection. */
async function readBody(request: IncomingMessage, maxBytes: number) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes <= maxBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return { body: Buffer.concat(chunks), bodyTooLarge: bytes > maxBytes };
}
