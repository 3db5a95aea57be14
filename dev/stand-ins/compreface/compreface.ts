/**
 * A stand-in of CompreFace 1.2.0 as its published port 8000 shows it: nginx, the API behind it, and behind that the core
 * which finds faces. It sees the marks in the sample pictures. Other photos go to a real face engine, if there is one;
 * without one, the core is unreachable: no similarity is invented.
 */
import { setTimeout as delay } from "node:timers/promises";
import { answerAbout } from "./answer.ts";
import { emptyAnswer, GATEWAY_ERRORS, wrongMethod } from "./errors.ts";
import { personsIn, see, type Seen } from "./faces.ts";
import { comprefaceFaultSchema, gatewayReply, isGatewayFault, type ComprefaceFault } from "./faults.ts";
import { CORE_HEALTH, coreAnswer, uiPage, unknownPath } from "./pages.ts";
import { checkKey, readFaceRequest, VERIFY_PATH, type FaceRequest } from "./request.ts";
import type { LocalFaces } from "../local-faces/local-faces.ts";
import { describeImage } from "../log.ts";
import type { FaultFor, Rule } from "../script.ts";
import { refusalOf, type HttpReply, type Reply } from "../reply.ts";
import { createStandInServer, type Call } from "../server.ts";

/** Calls to compare, and to ask for anything else behind nginx. */
const COMPREFACE_KINDS = ["verify", "probe"] as const;
type ComprefaceKind = (typeof COMPREFACE_KINDS)[number];

/** A rule of a script for this stand-in. */
export type ComprefaceRule = Rule<ComprefaceKind, ComprefaceFault>;

interface ComprefaceServerOptions {
  /** The key of the verification service: a UUID. */
  readonly apiKey: string;
  /** Any free one by default. */
  readonly port?: number | undefined;
  /** How long a comparison takes; refusals come at once. */
  readonly latencyMs?: number | undefined;
  /** What `/healthcheck` shows: the UI's page, as in a plain deployment, or JSON, as behind a gateway that maps it. */
  readonly healthcheck?: "spa" | "json";
  readonly maxFileBytes?: number;
  readonly maxBodyBytes?: number;
  /** Compares pictures without sample marks. */
  readonly engine?: Pick<LocalFaces, "find">;
}

/** A call that the core is asked about, or one that is answered without it. */
type Opened = { readonly request: FaceRequest; readonly seen: Seen } | { readonly reply: HttpReply };

export type ComprefaceServer = Awaited<ReturnType<typeof createComprefaceServer>>;

const MIB = 1024 * 1024;

/** Starts the stand-in and returns once it takes connections. */
export async function createComprefaceServer(options: ComprefaceServerOptions) {
  const { port, latencyMs = 150, healthcheck = "spa", maxFileBytes = 5 * MIB, maxBodyBytes = 10 * MIB } = options;

  async function answer(call: Call, faultFor: FaultFor<ComprefaceKind, ComprefaceFault>): Promise<Reply> {
    if (!/^\/(api\/v1|core)\//.test(call.path)) {
      call.log.kind = "page";
      return healthcheck === "json" && call.path === "/healthcheck" ? CORE_HEALTH : uiPage(call.method);
    }
    const opened = await openCall(call).catch((error: unknown) => ({ reply: refusalOf(error) }));
    const kind = call.path === VERIFY_PATH ? "verify" : "probe";
    call.log.kind = kind;
    const fault = await faultFor(call, kind, (scripted) => isGatewayFault(scripted) || "request" in opened);
    if ("reply" in opened) return gatewayReply(fault, opened.reply);
    await delay(latencyMs, undefined, { signal: call.signal });
    return gatewayReply(fault, await answerAbout(opened, fault, options.engine).catch(refusalOf));
  }

  /** Everything up to the point where the API would ask the core about pictures. */
  async function openCall(call: Call): Promise<Opened> {
    if (call.method === "OPTIONS") return { reply: emptyAnswer(204) };
    if (call.bodyTooLarge) return { reply: GATEWAY_ERRORS.bodyTooLarge };
    if (call.path.startsWith("/core/")) return { reply: coreAnswer(call.method, call.path) };
    checkKey(call, options.apiKey);
    if (call.path !== VERIFY_PATH) return { reply: unknownPath(call.path) };
    if (call.method !== "POST") return { reply: wrongMethod(call.method) };
    const request = await readFaceRequest(call, maxFileBytes);
    call.log.images = request.images.map(describeImage);
    const seen = await see(request.images);
    call.log.numbers = personsIn(seen);
    return { request, seen };
  }

  return createStandInServer({
    port,
    maxBodyBytes,
    kinds: COMPREFACE_KINDS,
    faultSchema: comprefaceFaultSchema,
    answer,
  });
}
