/** The console's own HTTP calls, for its page alone. */
import express, { type NextFunction, type Request, type RequestHandler, type Response as Answer } from "express";
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import type { Backend } from "../stack/backend.ts";
import { drawPictures, whyNotRunnable } from "../stack/run-case.ts";
import type { Stack } from "../stack/stack.ts";
import { SAMPLE_CASES, type SampleCase } from "../samples/cases.ts";
import { describeEngines } from "./engines.ts";
import { hasEnded, type FollowedRecord, type Happenings } from "./happenings.ts";
import { briefOf, describeEnd, readOutcome } from "./outcome.ts";
import { previewOf, type Preview, type RecordPictures } from "./pictures.ts";
import { progressOf } from "./progress.ts";
import type { Draft, Submit } from "./submit.ts";

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

/** Makes the routes below `/api`. */
export function createRoutes({ backend, pictures, stack, maxImageBytes, happenings, submit }: RoutesOptions) {
  const { apiUrl, dependencies } = stack;
  const engines = describeEngines(dependencies);
  const cases = SAMPLE_CASES.map((sample) => ({
    name: sample.name,
    group: groupOf(sample),
    expected: describeEnd(sample.expected),
    images: IMAGE_ROLES.filter((image) => sample.pictures[image] !== undefined),
    notRunnable: whyNotRunnable(sample, dependencies) ?? null,
  }));
  const listed = async (record: FollowedRecord) => {
    const { kycId, label } = record;
    return { kycId, label, brief: hasEnded(record.happenings) ? briefOf(await readOutcome(backend, record)) : null };
  };
  const recordOf = ({ params: { id = "" } }: Request<{ id?: string }>) =>
    /^[1-9]\d{0,15}$/.test(id) ? happenings.find(Number(id)) : undefined;

  return express
    .Router()
    .get("/overview", async (_request, response) => {
      const recent = await Promise.all(happenings.list().map(listed));
      response.json({ cases, engines, apiUrl, maxImageBytes, recent });
    })
    .post("/submissions", takeForm, async (request, response) => {
      const draft = await readDraft(request);
      if (typeof draft === "string") response.status(400).json({ error: draft });
      else response.status(201).json({ kycId: await submit(draft) });
    })
    .get("/samples/:index/pictures/:image", async ({ params }, response, next) => {
      const sample = SAMPLE_CASES[Number(params.index)];
      const image = roleOf(params.image);
      const picture = sample && image && (await drawPictures(sample))[image];
      sendPreview(response, next, picture && (await previewOf(picture, PREVIEW_PX)));
    })
    .get("/records/:id", async (request, response, next) => {
      const record = recordOf(request);
      if (record === undefined) next();
      else response.json(await readOutcome(backend, record));
    })
    .get("/records/:id/events", (request, response) => followRecord(happenings, recordOf(request)?.kycId, response))
    .get("/records/:id/faces", async (request, response, next) => {
      const record = recordOf(request);
      if (record === undefined) next();
      else response.json(await pictures.findFaces(record));
    })
    .get("/records/:id/pictures/:image", async (request, response, next) => {
      const record = recordOf(request);
      const image = roleOf(request.params.image);
      sendPreview(response, next, record && image && (await pictures.show(record, image)));
    });
}

const roleOf = (name: string) => IMAGE_ROLES.find((role) => role === name);

/** Sends a record's progress, and again after each change, as server-sent events. */
function followRecord(happenings: Happenings, kycId: number | undefined, response: Answer): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (kycId === undefined) {
    response.end("event: unknown\ndata:\n\n");
    return;
  }
  const send = () => {
    const record = happenings.find(kycId);
    if (record === undefined) return;
    response.write(`data: ${JSON.stringify({ label: record.label, ...progressOf(record) })}\n\n`);
  };
  const stop = happenings.listen((changed) => {
    if (changed === kycId) send();
  });
  const heartbeat = setInterval(() => response.write(":\n\n"), HEARTBEAT_MS);
  response.once("close", () => {
    stop();
    clearInterval(heartbeat);
  });
  send();
}

/** Reads a whole form: an answer that is sent before the end of an upload could be lost with the connection. */
const readForm = express.raw({ type: "multipart/form-data", limit: MAX_UPLOAD_BYTES });
const takeForm: RequestHandler = (request, response, next) =>
  readForm(request, response, (error?: unknown) => {
    if (error instanceof Error && "type" in error && error.type === "entity.too.large")
      response.status(400).json({ error: "The pictures are too large: 80 MB in all is the console's limit." });
    else next(error);
  });

/** What a form submits: a sample case by its name, or files. A text says what is wrong with the form. */
async function readDraft({ body, headers }: Request): Promise<Draft | string> {
  const form = await new Response(Buffer.isBuffer(body) ? Uint8Array.from(body) : "", {
    headers: { "content-type": headers["content-type"] ?? "" },
  })
    .formData()
    .catch(() => undefined);
  if (form === undefined) return "This is not a form.";
  const name = form.get("case");
  if (typeof name === "string") return SAMPLE_CASES.find((one) => one.name === name) ?? "There is no such sample case.";
  const pictures: Partial<Record<ImageRole, () => Uint8Array>> = {};
  for (const image of IMAGE_ROLES) {
    const file = form.get(image);
    if (!(file instanceof File) || file.size === 0) continue;
    const bytes = await file.bytes();
    pictures[image] = () => bytes;
  }
  if (pictures.passport === undefined || pictures.selfie === undefined) return "Choose a passport and a selfie.";
  return { name: "your own pictures", pictures, withStamp: pictures.stamp !== undefined };
}

/** A picture that cannot be shown is answered with JSON that says why, and not as an error: the page expects it. */
function sendPreview(response: Answer, next: NextFunction, preview: Preview | undefined): void {
  if (preview === undefined) next();
  else if (typeof preview === "string") response.json({ why: preview });
  else response.type("jpeg").set("cache-control", "private, max-age=600").send(preview);
}

/** Under which heading the page lists a sample. */
function groupOf({ gemini, compreface, expected, hasRecord = true, request = "sound" }: SampleCase): string {
  if (gemini !== undefined || compreface !== undefined) return "Provider trouble";
  if (!hasRecord || request !== "sound") return "Unusual requests";
  return expected.failureCode === undefined ? "Good pictures" : "Bad pictures";
}
