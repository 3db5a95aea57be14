/** The console's own HTTP calls, for its page alone. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import type { Backend } from "../stack/backend.ts";
import { drawPictures, whyNotRunnable } from "../stack/run-case.ts";
import type { Stack } from "../stack/stack.ts";
import { SAMPLE_CASES, type SampleCase } from "../samples/cases.ts";
import { describeEngines } from "./engines.ts";
import { hasEnded, type Dated, type Happenings } from "./happenings.ts";
import { briefOf, describeEnd, readOutcome } from "./outcome.ts";
import { previewOf, type Preview, type RecordPictures } from "./pictures.ts";
import { progressOf } from "./progress.ts";
import { draftOfCase, draftOfPictures, type Draft, type Submit } from "./submit.ts";

const MAX_UPLOAD_BYTES = 80 * 1_024 * 1_024;
const HEARTBEAT_MS = 15_000;
const PREVIEW_PX = 480;

interface RoutesOptions {
  readonly backend: Backend;
  readonly pictures: RecordPictures;
  readonly stack: Pick<Stack, "apiUrl" | "dependencies">;
  readonly maxImageBytes: number;
  readonly happenings: Happenings;
  readonly submit: Submit;
}

/** What answers a call; `parts` are the path's segments after `/api`. */
export type Answer = (parts: readonly string[], request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Makes the answers. */
export function createRoutes({ backend, pictures, stack, maxImageBytes, happenings, submit }: RoutesOptions): Answer {
  const { apiUrl, dependencies } = stack;
  const engines = describeEngines(dependencies);
  const cases = SAMPLE_CASES.map((sample) => ({
    name: sample.name,
    group: groupOf(sample),
    expected: describeEnd(sample.expected),
    images: IMAGE_ROLES.filter((image) => sample.pictures[image] !== undefined),
    notRunnable: whyNotRunnable(sample, dependencies) ?? null,
  }));
  const listed = createListing(backend);

  const overview = async () => ({
    cases,
    engines,
    apiUrl,
    maxImageBytes,
    recent: await Promise.all(happenings.list().map(listed)),
  });

  async function takeSubmission(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const draft = await readDraft(request);
    if (typeof draft === "string") return sendJson(response, 400, { error: draft });
    sendJson(response, 201, { kycId: await submit(draft) });
  }

  async function sendSample(index: number, image: ImageRole | undefined, response: ServerResponse): Promise<void> {
    const sample = SAMPLE_CASES[index];
    const picture = sample && image && (await drawPictures(sample))[image];
    return sendPreview(response, picture && (await previewOf(picture, PREVIEW_PX)));
  }

  async function sendRecord({ id, verb, image }: Call, request: IncomingMessage, response: ServerResponse) {
    const kycId = /^[1-9]\d{0,15}$/.test(id) ? Number(id) : 0;
    if (verb === "events") return followRecord(happenings, kycId, request, response);
    const record = happenings.find(kycId);
    if (record === undefined) return notFound(response);
    if (verb === "") return sendJson(response, 200, await readOutcome(backend, record));
    if (verb === "faces") return sendJson(response, 200, await pictures.findFaces(record));
    return sendPreview(response, image && (await pictures.show(record, image)));
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
      case "GET records/id/faces":
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
  const briefs = new WeakMap<
    readonly Dated[],
    { readonly after: number; readonly brief: ReturnType<typeof briefOf> }
  >();
  return async (record: ReturnType<Happenings["list"]>[number]) => {
    const { kycId, label, happenings: events } = record;
    if (!hasEnded(events)) return { kycId, label, brief: null };
    const known = briefs.get(events);
    const after = events.length;
    const brief = known?.after === after ? known.brief : briefOf(await readOutcome(backend, record));
    briefs.set(events, { after, brief });
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
    const { since, keys } = record;
    const progress = progressOf(record.happenings, { since, withStamp: keys.stamp !== undefined });
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

/** What is no picture is answered with JSON that says why, and no error: the page expects it. */
function sendPreview(response: ServerResponse, preview: Preview | undefined): void {
  if (preview === undefined) return notFound(response);
  if (typeof preview === "string") return sendJson(response, 200, { why: preview });
  response.writeHead(200, { "content-type": "image/jpeg", "cache-control": "private, max-age=600" }).end(preview);
}

/** Under which heading the page lists a sample. */
function groupOf({ gemini, compreface, expected, hasRecord = true, request = "sound" }: SampleCase): string {
  if (gemini !== undefined || compreface !== undefined) return "Provider trouble";
  if (!hasRecord || request !== "sound") return "Unusual requests";
  return expected.failureCode === undefined ? "Good pictures" : "Bad pictures";
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

const notFound = (response: ServerResponse) => sendJson(response, 404, { error: "There is nothing here." });
