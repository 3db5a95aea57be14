/**
 * A stand-in of CompreFace 1.2.0 as its published port 8000 shows it: nginx, the API behind it, and behind that the core
 * which finds faces. It sees the marks in the sample pictures. Other photos go to a real face engine, if there is one;
 * without one, the core is unreachable: no similarity is invented.
 */
import { setTimeout as delay } from "node:timers/promises";
import type * as z from "zod/mini";
import { answerAbout } from "./answer.ts";
import { CORE, emptyAnswer, GATEWAY_ERRORS, UI, unknownPath, wrongMethod } from "./errors.ts";
import { personsIn, see } from "./faces.ts";
import { comprefaceRuleSchema, isGatewayFault } from "./faults.ts";
import { checkKey, readFaceRequest } from "./request.ts";
import type { LocalFaces } from "../local-faces/local-faces.ts";
import { describeImage } from "../log.ts";
import { refusalOf, type HttpReply } from "../reply.ts";
import { createScript, isNamed } from "../script.ts";
import { createStandInServer, type Call } from "../server.ts";

/** A rule of a script for this stand-in. */
export type ComprefaceRule = z.infer<typeof comprefaceRuleSchema>;

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

export type ComprefaceServer = Awaited<ReturnType<typeof createComprefaceServer>>;

const MIB = 1024 * 1024;
const VERIFY_PATH = "/api/v1/verification/verify";

/** Starts the stand-in and returns once it takes connections. */
export async function createComprefaceServer(options: ComprefaceServerOptions) {
  const { port, latencyMs = 150, healthcheck = "spa", maxFileBytes = 5 * MIB, maxBodyBytes = 10 * MIB } = options;
  const script = createScript(comprefaceRuleSchema);

  async function answer(call: Call): Promise<HttpReply> {
    const { method, path, log } = call;
    if (!/^\/(api\/v1|core)\//.test(path)) {
      log.kind = "page";
      if (healthcheck === "json" && path === "/healthcheck") return CORE.health;
      return method === "GET" || method === "HEAD" ? UI.page : UI.notAllowed;
    }
    log.kind = path === VERIFY_PATH ? "verify" : "probe";
    const opened = await openCall(call).catch(refusalOf);
    const fault = await script.faultFor(call, (scripted) => isGatewayFault(scripted) || "seen" in opened);
    if (isNamed(GATEWAY_ERRORS, fault.fault)) return GATEWAY_ERRORS[fault.fault];
    if (!("seen" in opened)) return opened;
    await delay(latencyMs, undefined, { signal: call.signal });
    return answerAbout(opened, fault, options.engine);
  }

  /** Everything up to the point where the API would ask the core about pictures; or an answer without the core. */
  async function openCall(call: Call) {
    const { method, path, log } = call;
    if (method === "OPTIONS") return emptyAnswer(204);
    if (call.bodyTooLarge) return GATEWAY_ERRORS.bodyTooLarge;
    if (path === "/core/healthcheck" && method === "GET") return CORE.health;
    if (path.startsWith("/core/")) return CORE.notFound;
    const key = checkKey(call, options.apiKey);
    if (path !== VERIFY_PATH) return unknownPath(path);
    if (method !== "POST") return wrongMethod(method);
    const request = await readFaceRequest(call, maxFileBytes);
    log.images = request.images.map(describeImage);
    const seen = await see(request.images);
    log.numbers = personsIn(seen);
    return { ...request, key, seen };
  }

  return createStandInServer({ port, maxBodyBytes, script, answer });
}
