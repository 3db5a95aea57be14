/** The console's own HTTP calls, for its page alone. */
import express, { type NextFunction, type Request, type RequestHandler, type Response as Answer } from "express";
import { IMAGE_ROLES, type ImageRole } from "../../lib/reasons.ts";
import { drawPictures, whyNotRunnable } from "../stack/run-case.ts";
import { SAMPLE_CASES, type SampleCase } from "../samples/cases.ts";
import type { Context } from "./context.ts";
import { describeEngines } from "./engines.ts";
import { hasEnded, type FollowedRecord, type Happenings } from "./happenings.ts";
import { describeEnd, readOutcome } from "./outcome.ts";
import { findFaces, previewOf, showPicture } from "./pictures.ts";
import { progressOf } from "./progress.ts";
import { submit, type Draft } from "./submit.ts";

const MAX_UPLOAD_BYTES = 80 * 1_024 * 1_024;
const HEARTBEAT_MS = 15_000;
const PREVIEW_PX = 480;

/** Makes the routes below `/api`. */
export function createRoutes(context: Context) {
  const { apiUrl, backend, config, dependencies, happenings } = context;
  const engines = describeEngines(dependencies);
  const cases = SAMPLE_CASES.map((sample) => ({
    name: sample.name,
    group: groupOf(sample),
    expected: describeEnd(sample.expected),
    images: IMAGE_ROLES.filter((image) => sample.pictures[image] !== undefined),
    notRunnable: whyNotRunnable(sample, dependencies) ?? null,
  }));
  const recordOf = ({ id }: { readonly id: string }) =>
    /^[1-9]\d{0,15}$/.test(id) ? happenings.find(Number(id)) : undefined;

  return express
    .Router()
    .get("/overview", async (_request, response) => {
      const recent = await Promise.all(happenings.list().map((record) => listed(context, record)));
      response.json({ cases, engines, apiUrl, maxImageBytes: config.MAX_IMAGE_BYTES, recent });
    })
    .post("/submissions", takeForm, async (request, response) => {
      const draft = await readDraft(request);
      if (typeof draft === "string") response.status(400).json({ error: draft });
      else response.status(201).json({ kycId: await submit(context, draft) });
    })
    .get("/samples/:index/pictures/:image", async ({ params }, response, next) => {
      const sample = SAMPLE_CASES[Number(params.index)];
      const image = roleOf(params.image);
      const picture = sample && image && (await drawPictures(sample))[image];
      send(response, next, picture && (await previewOf(picture, PREVIEW_PX)));
    })
    .get("/records/:id", async ({ params }, response, next) => {
      const record = recordOf(params);
      send(response, next, record && (await readOutcome(backend, record)));
    })
    .get("/records/:id/events", ({ params }, response) => followRecord(happenings, recordOf(params)?.kycId, response))
    .get("/records/:id/faces", async ({ params }, response, next) => {
      const record = recordOf(params);
      send(response, next, record && (await findFaces(context, record)));
    })
    .get("/records/:id/pictures/:image", async ({ params }, response, next) => {
      const record = recordOf(params);
      const image = roleOf(params.image);
      send(response, next, record && image && (await showPicture(context, record, image)));
    });
}

const roleOf = (name: string) => IMAGE_ROLES.find((role) => role === name);

/** A record in the page's list, with its end in a word. */
async function listed({ backend }: Context, record: FollowedRecord) {
  const { kycId, label, happenings } = record;
  if (!hasEnded(happenings)) return { kycId, label, brief: null };
  const { verdict, ended } = await readOutcome(backend, record);
  return { kycId, label, brief: { tone: verdict.tone, short: verdict.short, ended } };
}

/** Sends a record's progress, and again after each change, as server-sent events. */
function followRecord(happenings: Happenings, kycId: number | undefined, response: Answer): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  if (kycId === undefined) return void response.end("event: unknown\ndata:\n\n");
  const sendProgress = () => {
    const record = happenings.find(kycId);
    if (record) response.write(`data: ${JSON.stringify({ label: record.label, ...progressOf(record) })}\n\n`);
  };
  const stop = happenings.listen((changed) => {
    if (changed === kycId) sendProgress();
  });
  const heartbeat = setInterval(() => response.write(":\n\n"), HEARTBEAT_MS);
  response.once("close", () => {
    stop();
    clearInterval(heartbeat);
  });
  sendProgress();
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
  const bytes = Buffer.isBuffer(body) ? Uint8Array.from(body) : "";
  const sent = new Response(bytes, { headers: { "content-type": headers["content-type"] ?? "" } });
  const form = await sent.formData().catch(() => undefined);
  if (form === undefined) return "This is not a form.";
  const name = form.get("case");
  if (typeof name === "string") return SAMPLE_CASES.find((one) => one.name === name) ?? "There is no such sample case.";
  const pictures: Partial<Record<ImageRole, () => Uint8Array>> = {};
  for (const image of IMAGE_ROLES) {
    const file = form.get(image);
    if (!(file instanceof File) || file.size === 0) continue;
    const picture = await file.bytes();
    pictures[image] = () => picture;
  }
  if (pictures.passport === undefined || pictures.selfie === undefined) return "Choose a passport and a selfie.";
  return { name: "your own pictures", pictures, withStamp: pictures.stamp !== undefined };
}

/** Sends a picture or JSON; without an answer, the server says that there is nothing. */
function send(response: Answer, next: NextFunction, answer: object | undefined): void {
  if (answer === undefined) next();
  else if (Buffer.isBuffer(answer)) response.type("jpeg").set("cache-control", "private, max-age=600").send(answer);
  else response.json(answer);
}

/** Under which heading the page lists a sample. */
function groupOf({ gemini, compreface, expected, hasRecord = true, request = "sound" }: SampleCase): string {
  if (gemini !== undefined || compreface !== undefined) return "Provider trouble";
  if (!hasRecord || request !== "sound") return "Unusual requests";
  return expected.failureCode === undefined ? "Good pictures" : "Bad pictures";
}
