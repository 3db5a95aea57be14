/** The console's own HTTP calls, for its page alone. */
import type { IncomingMessage, ServerResponse } from "node:http";
import sharp from "sharp";
import type { Storage } from "../../lib/providers/storage/storage.ts";
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import type { Backend } from "../stack/backend.ts";
import type { Dependencies } from "../stack/dependencies.ts";
import { whyNotRunnable } from "../stack/run-case.ts";
import { SAMPLE_CASES } from "../samples/cases.ts";
import { hasEnded, type Dated, type FollowedRecord, type Happenings } from "./happenings.ts";
import { briefOf, findKey, readOutcome } from "./outcome.ts";
import { progressOf } from "./progress.ts";
import { drawPictures } from "../stack/run-case.ts";
import { draftOfCase, draftOfPictures, type Draft, type Submit } from "./submit.ts";

const MAX_UPLOAD_BYTES = 80 * 1_024 * 1_024;
const HEARTBEAT_MS = 15_000;
const PREVIEW_PX = 480;
const RECORD_PX = 1_600;

interface RoutesOptions {
  readonly backend: Backend;
  readonly storage: Pick<Storage, "fetchImage">;
  readonly dependencies: Pick<Dependencies, "gemini" | "compreface">;
  readonly engines: Readonly<Record<string, string>>;
  readonly happenings: Happenings;
  readonly submit: Submit;
}

/** What answers a call; `parts` are the path's segments after `/api`. */
export type Answer = (parts: readonly string[], request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Makes the answers. */
export function createRoutes({ backend, storage, dependencies, engines, happenings, submit }: RoutesOptions): Answer {
  const listed = createListing(backend);

  async function overview() {
    const cases = SAMPLE_CASES.map((sample) => ({
      name: sample.name,
      expected: describeExpected(sample.expected),
      images: IMAGE_ROLES.filter((image) => sample.pictures[image] !== undefined),
      notRunnable: whyNotRunnable(sample, dependencies) ?? null,
    }));
    return { cases, engines, recent: await Promise.all(happenings.list().map(listed)) };
  }

  async function takeSubmission(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const draft = await readDraft(request);
    if (typeof draft === "string") return sendJson(response, 400, { error: draft });
    sendJson(response, 201, { kycId: await submit(draft) });
  }

  async function sendSample(index: number, image: ImageRole | undefined, response: ServerResponse): Promise<void> {
    const sample = SAMPLE_CASES[index];
    const picture = sample && image && (await drawPictures(sample))[image];
    return picture === undefined ? notFound(response) : sendPreview(response, picture, PREVIEW_PX);
  }

  async function sendPicture(record: FollowedRecord, image: ImageRole, response: ServerResponse): Promise<void> {
    const key = await findKey(backend, record, image);
    if (key === undefined) return notFound(response);
    const bytes = await storage.fetchImage(key, image, new AbortController().signal).catch(() => undefined);
    if (bytes === undefined) return sendJson(response, 200, { why: "There is no such object in the bucket." });
    await sendPreview(response, bytes, RECORD_PX);
  }

  async function sendRecord({ id, verb, image }: Call, request: IncomingMessage, response: ServerResponse) {
    const kycId = /^[1-9]\d{0,15}$/.test(id) ? Number(id) : 0;
    if (verb === "events") return followRecord(happenings, kycId, request, response);
    const record = happenings.find(kycId);
    if (record === undefined) return notFound(response);
    if (verb === "") return sendJson(response, 200, { ...(await readOutcome(backend, record)), engines });
    return image === undefined ? notFound(response) : sendPicture(record, image, response);
  }

  return async function answer(parts, request, response) {
    const call = parseCall(parts);
    switch (`${request.method} ${call.pattern}`) {
      case "GET overview":
        return sendJson(response, 200, await overview());
      case "POST submissions":
        return takeSubmission(request, response);
      case "GET samples/id/pictures":
        return sendSample(Number(call.id), call.image, response);
      case "GET records/id":
      case "GET records/id/events":
      case "GET records/id/pictures":
        return sendRecord(call, request, response);
      default:
        return notFound(response);
    }
  };
}

interface Call {
  /** The path, with `id` for the id: `records/id/pictures`. */
  readonly pattern: string;
  readonly id: string;
  readonly verb: string;
  readonly image: ImageRole | undefined;
}

function parseCall([noun = "", id = "", verb = "", what = ""]: readonly string[]): Call {
  const pattern = [noun, id === "" ? "" : "id", verb].filter((part) => part !== "").join("/");
  return { pattern, id, verb, image: IMAGE_ROLES.find((role) => role === what) };
}

/** Lists records with how they ended. The page asks every few seconds, and a result does not change: it is read once. */
function createListing(backend: Backend) {
  const briefs = new WeakMap<readonly Dated[], ReturnType<typeof briefOf>>();
  return async (record: FollowedRecord) => {
    const { kycId, label, happenings: events } = record;
    if (!hasEnded(events)) return { kycId, label, brief: null };
    const brief = briefs.get(events) ?? briefOf(await readOutcome(backend, record));
    briefs.set(events, brief);
    return { kycId, label, brief };
  };
}

/** Sends a record's progress, and again after each change, as server-sent events. */
function followRecord(happenings: Happenings, kycId: number, request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  if (happenings.find(kycId) === undefined) {
    response.end("event: unknown\ndata:\n\n");
    return;
  }
  const send = () => {
    const record = happenings.find(kycId);
    if (record === undefined) return;
    const progress = progressOf(record.happenings, { withStamp: record.keys.stamp !== undefined });
    response.write(`data: ${JSON.stringify({ label: record.label, ...progress })}\n\n`);
  };
  const stop = happenings.listen((changed) => {
    if (changed === kycId) send();
  });
  const heartbeat = setInterval(() => response.write(":\n\n"), HEARTBEAT_MS);
  request.once("close", () => {
    stop();
    clearInterval(heartbeat);
  });
  send();
}

/** A submission's form: the name of a sample case, or files; a text says what is wrong with it. */
async function readDraft(request: IncomingMessage): Promise<Draft | string> {
  const bytes = await readBody(request);
  if (bytes === undefined) return "The pictures are too large: 80 MB in all is the console's limit.";
  const contentType = request.headers["content-type"] ?? "";
  const form = await new Response(bytes, { headers: { "content-type": contentType } })
    .formData()
    .catch(() => undefined);
  if (form === undefined) return "This is not a form.";
  const name = form.get("case");
  if (typeof name === "string") {
    const sample = SAMPLE_CASES.find((one) => one.name === name);
    return sample === undefined ? "There is no such sample case." : draftOfCase(sample);
  }
  const pictures: Partial<Record<ImageRole, Uint8Array>> = {};
  for (const image of IMAGE_ROLES) {
    const file = form.get(image);
    if (file instanceof File && file.size > 0) pictures[image] = await file.bytes();
  }
  if (pictures.passport === undefined || pictures.selfie === undefined) return "Choose a passport and a selfie.";
  return draftOfPictures(pictures);
}

async function readBody(request: IncomingMessage): Promise<Buffer<ArrayBuffer> | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes <= MAX_UPLOAD_BYTES) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes > MAX_UPLOAD_BYTES ? undefined : Buffer.concat(chunks);
}

/** A smaller copy, turned upright; for what is no picture, JSON that says why, and no error: the page expects it. */
async function sendPreview(response: ServerResponse, bytes: Uint8Array, sidePx: number): Promise<void> {
  const preview = await sharp(bytes)
    .rotate()
    .resize(sidePx, sidePx, { fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: 80 })
    .toBuffer()
    .catch(() => undefined);
  if (preview === undefined) {
    return sendJson(response, 200, { why: "This file is not a picture that a browser can show." });
  }
  response.writeHead(200, { "content-type": "image/jpeg", "cache-control": "private, max-age=600" }).end(preview);
}

function describeExpected({ http, status, failureCode, image }: (typeof SAMPLE_CASES)[number]["expected"]): string {
  if (http !== 202) return `HTTP ${http}`;
  if (status === null) return "no verdict: there is no record to write to";
  const where = image === undefined ? "" : ` (${image})`;
  return failureCode === undefined ? status : `${status}: ${failureCode}${where}`;
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

const notFound = (response: ServerResponse) => sendJson(response, 404, { error: "There is nothing here." });
