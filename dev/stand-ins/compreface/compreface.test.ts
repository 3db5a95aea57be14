/** The stand-in of CompreFace, over real HTTP with Node's own fetch and FormData. */
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import sharp from "sharp";
import * as z from "zod/mini";
import { createComprefaceServer, type ComprefaceRule, type ComprefaceServer } from "./compreface.ts";
import { LOCAL_FACES } from "../local-faces/local-faces.ts";
import { drawTestPage, drawTestPhoto, drawTestPicture, drawTestSelfie } from "../../../test/marked-pictures.ts";

const API_KEY = "6a2e9c1e-58c4-4d0f-9d6c-2f8f5b8f3a11";
const UNKNOWN_KEY = "11111111-2222-3333-4444-555555555555";
const VERIFY = "/api/v1/verification/verify";
const NO_FACE = "No face is found in the given image";

let compreface: ComprefaceServer;
let page: Buffer;
let selfie: Buffer;

before(async () => {
  compreface = await createComprefaceServer({ apiKey: API_KEY, latencyMs: 0 });
  page = await drawTestPage({ passport: 1, person: 7 });
  selfie = await drawTestSelfie({ person: 7 });
});
after(() => compreface.close());
beforeEach(() => compreface.script([]));

interface Send {
  readonly url?: string;
  readonly path?: string;
  readonly key?: string;
  readonly files?: readonly (readonly [part: string, bytes: Buffer, fileName?: string])[];
  readonly fields?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

async function send({
  url = compreface.url,
  path = VERIFY,
  key = API_KEY,
  files = both(),
  fields = {},
  signal,
}: Send = {}) {
  const form = new FormData();
  for (const [part, bytes, fileName] of files) {
    const blob = new Blob([Uint8Array.from(bytes)], { type: "image/jpeg" });
    if (fileName === undefined) form.append(part, blob);
    else form.append(part, blob, fileName);
  }
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  const headers: Record<string, string> = key === "" ? {} : { "x-api-key": key };
  return fetch(url + path, { method: "POST", headers, body: form, signal: signal ?? null });
}

function both(source = page, target = selfie): [string, Buffer, string][] {
  return [
    ["source_image", source, "passport.jpg"],
    ["target_image", target, "selfie.jpg"],
  ];
}

const errorSchema = z.object({ message: z.string(), code: z.number() });

async function refusal(response: Response): Promise<[number, number, string]> {
  const { code, message } = errorSchema.parse(await response.json());
  return [response.status, code, message];
}

const box = z.object({
  probability: z.number(),
  x_max: z.int(),
  y_max: z.int(),
  x_min: z.int(),
  y_min: z.int(),
});
const verifySchema = z.object({
  result: z.tuple([
    z.looseObject({
      source_image_face: z.looseObject({ box }),
      face_matches: z.array(z.looseObject({ box, similarity: z.number() })),
    }),
  ]),
});

async function verify(request: Send = {}) {
  const response = await send(request);
  assert.equal(response.status, 200);
  return verifySchema.parse(await response.json()).result[0];
}

const once = (answer: ComprefaceRule["answer"]): ComprefaceRule[] => [{ match: {}, times: 1, answer }];

test("CompreFace's stand-in says the same of every picture without a face: no portrait, turned, tiny or not an image", async () => {
  const pictures = [
    await drawTestPage({ passport: 1 }),
    await drawTestPicture({ marks: [{ kind: "blank", number: 1, x: 300, y: 300 }] }),
    await drawTestPicture({ marks: [{ kind: "stamp", number: 1, x: 300, y: 300 }] }),
    await drawTestPage({ passport: 1, person: 7, turn: 90 }),
    await drawTestPicture({
      width: 2000,
      height: 1500,
      marks: [{ kind: "face", number: 7, x: 1000, y: 750, side: 31 }],
    }),
    Buffer.from("not an image"),
    await sharp({ create: { width: 1, height: 1, channels: 3, background: "grey" } })
      .jpeg()
      .toBuffer(),
  ];
  for (const picture of pictures) {
    assert.deepEqual(await refusal(await send({ files: both(picture, selfie) })), [400, 28, NO_FACE]);
    assert.deepEqual(await refusal(await send({ files: both(page, picture) })), [400, 28, NO_FACE]);
  }
});

test("CompreFace's stand-in does not apply EXIF orientation", async () => {
  const turned = await sharp(await drawTestSelfie({ person: 7, turn: 270 }))
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  assert.deepEqual(await refusal(await send({ files: both(page, turned) })), [400, 28, NO_FACE]);
  assert.equal((await send({ files: both(page, await sharp(turned).autoOrient().toBuffer()) })).status, 200);
});

/** An engine that sees one face in every picture, with its size as the only thing that sets it apart. */
const engine = {
  find: async (bytes: Uint8Array) => {
    const { width, height } = await sharp(bytes).metadata();
    const embedding = Float32Array.of(Math.cos(width), Math.sin(width));
    return [{ box: { left: 0, top: 0, right: width, bottom: height }, probability: 0.7, embedding }];
  },
};

test("CompreFace's stand-in asks the face engine about photos without marks, and names the engine", async () => {
  await using asked = await createComprefaceServer({ apiKey: API_KEY, latencyMs: 0, engine });
  const compare = async (source: Buffer, target: Buffer) => {
    const response = await send({ url: asked.url, files: both(source, target), path: `${VERIFY}?status=true` });
    return verifySchema.parse(await response.json()).result[0];
  };
  const photo = await drawTestPhoto(1, 900);
  const { face_matches, plugins_versions } = await compare(photo, await drawTestPhoto(2, 900));
  // The same embedding: (tanh(1.224676 x 6.322647) + 1) / 2.
  assert.equal(face_matches[0]?.similarity, 1);
  assert.deepEqual(plugins_versions, { detector: LOCAL_FACES, calculator: LOCAL_FACES });
  // A distance of 2 sin(0.5).
  const [other] = (await compare(photo, await drawTestPhoto(1, 901))).face_matches;
  assert.equal(other?.similarity, 0.96648);
  // If one picture has no marks, those of the other do not count.
  assert.notEqual((await compare(photo, selfie)).plugins_versions, undefined);
});

test("CompreFace's stand-in compares no photos without marks if the engine is missing or fails", async () => {
  const photos = both(await drawTestPhoto(1), await drawTestPhoto(1));
  const unreachable = /Connection refused executing POST/;
  const failing = { find: () => Promise.reject(new Error("no network")) };
  await using broken = await createComprefaceServer({ apiKey: API_KEY, latencyMs: 0, engine: failing });
  for (const url of [compreface.url, broken.url]) {
    const [status, code, message] = await refusal(await send({ url, files: photos }));
    assert.deepEqual([status, code], [500, 41]);
    assert.match(message, unreachable);
  }
});

test("CompreFace's stand-in checks the key before anything else", async () => {
  const empty = { files: [] };
  assert.deepEqual(await refusal(await send({ ...empty, key: "" })), [400, 20, "Missing header: x-api-key"]);
  for (const key of ["short", "x".repeat(36)]) {
    assert.deepEqual(await refusal(await send({ ...empty, key })), [400, 26, "Service API key should be UUID"]);
  }
  const message = `Verification service with API Key ${UNKNOWN_KEY} not found`;
  assert.deepEqual(await refusal(await send({ ...empty, key: UNKNOWN_KEY })), [404, 10, message]);
});

test("CompreFace's stand-in checks parts, then parameters, then file names", async () => {
  const limit = { path: `${VERIFY}?limit=-1` };
  const [source, target] = both();
  assert.ok(source && target);
  const missing = (name: string) => [400, 34, `Required part ${name} is missing`];
  assert.deepEqual(await refusal(await send({ ...limit, files: [] })), missing("source_image"));
  assert.deepEqual(await refusal(await send({ ...limit, files: [source] })), missing("target_image"));
  const unnamed = both().map(([part, bytes]) => [part, bytes] as const);
  assert.deepEqual(await refusal(await send({ ...limit, files: unnamed })), [
    400,
    26,
    "Limit should be equal or greater than 0; ",
  ]);
  const extension = (name: string) => [400, 21, `File [${name}] has an unavailable extension`];
  assert.deepEqual(await refusal(await send({ files: unnamed })), extension("blob"));
  const named = (one: string, other: string) =>
    send({
      files: [
        ["source_image", page, one],
        ["target_image", selfie, other],
      ],
    });
  assert.deepEqual(await refusal(await named("a.heic", "b.heic")), extension("a.heic"));
  assert.deepEqual(await refusal(await named("a.JPEG", "noextension")), extension("noextension"));
  assert.equal((await named("A.JPG", "b.webp")).status, 200);
});

test("CompreFace's stand-in answers a limit that is not a number with an empty 400", async () => {
  const response = await send({ path: `${VERIFY}?limit=x` });
  assert.deepEqual([response.status, await response.text()], [400, ""]);
});

test("CompreFace's stand-in refuses files over 5 MB with code 0, and bodies over 10 MB with nginx's page", async () => {
  const megabytes = (count: number) => Buffer.concat([page, Buffer.alloc(count * 1024 * 1024)]);
  assert.deepEqual(await refusal(await send({ files: both(megabytes(5)) })), [
    400,
    0,
    "Something went wrong, please try again",
  ]);
  const tooLarge = await send({ files: both(megabytes(4), megabytes(7)), key: "" });
  assert.equal(tooLarge.status, 413);
  assert.match(tooLarge.headers.get("content-type") ?? "", /text\/html/);
  assert.match(await tooLarge.text(), /<h1>413 Request Entity Too Large<\/h1>/);
});

test("CompreFace's stand-in refuses other methods and content types", async () => {
  const headers = { "x-api-key": API_KEY };
  assert.deepEqual(await refusal(await fetch(compreface.url + VERIFY, { headers })), [
    404,
    0,
    "Request method 'GET' not supported",
  ]);
  const text = await fetch(compreface.url + VERIFY, { method: "POST", headers, body: "x" });
  assert.deepEqual([text.status, await text.text()], [415, ""]);
});

test("CompreFace's stand-in shows the UI's page for every unknown path, /healthcheck included", async () => {
  for (const path of ["/", "/healthcheck", "/any/thing"]) {
    const response = await fetch(compreface.url + path);
    assert.equal(response.status, 200);
    assert.match(response.headers.get("content-type") ?? "", /text\/html/);
    assert.match(await response.text(), /<app-root>/);
  }
  assert.equal((await fetch(`${compreface.url}/healthcheck`, { method: "POST" })).status, 405);
  await using mapped = await createComprefaceServer({ apiKey: API_KEY, healthcheck: "json" });
  assert.deepEqual(await (await fetch(`${mapped.url}/healthcheck`)).json(), { status: "OK" });
});

test("CompreFace's stand-in shows the core's health without a key", async () => {
  assert.deepEqual(await (await fetch(`${compreface.url}/core/healthcheck`)).json(), { status: "OK" });
});

test("a gateway fault of CompreFace answers every call that nginx passes on, but not the UI's page", async () => {
  compreface.script([{ match: {}, times: null, answer: { fault: "badGateway" } }]);
  const down = await send({ key: "" });
  assert.deepEqual([down.status, /<h1>502 Bad Gateway<\/h1>/.test(await down.text())], [502, true]);
  assert.equal((await fetch(`${compreface.url}/core/healthcheck`)).status, 502);
  assert.equal((await fetch(`${compreface.url}/healthcheck`)).status, 200);
  compreface.script(once({ fault: "gatewayTimeout" }));
  assert.equal((await send()).status, 504);
});

test("an API fault of CompreFace does not hide that a request is wrong, and a wrong request does not use it up", async () => {
  compreface.script(once({ fault: "coreRaised" }));
  assert.equal((await send({ key: UNKNOWN_KEY })).status, 404);
  assert.equal((await send()).status, 500);
});

test("strangers and similarities can be scripted in CompreFace's stand-in", async () => {
  compreface.script(once({ fault: "strangers", image: "source", count: 1, size: "smaller" }));
  assert.equal((await refusal(await send()))[1], 31);
  compreface.script(once({ fault: "strangers", image: "target", count: 2, size: "larger" }));
  const { face_matches } = await verify();
  assert.deepEqual(
    face_matches.map(({ similarity }) => similarity > 0.5),
    [false, false, true],
  );
  compreface.script(once({ fault: "similarity", value: 0.751234 }));
  assert.equal((await verify()).face_matches[0]?.similarity, 0.75123);
});
