import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dependencies } from "../stack/dependencies.ts";
import { createComprefaceServer } from "../stand-ins/compreface/compreface.ts";
import { createGeminiServer } from "../stand-ins/gemini/gemini.ts";
import { describeEngines } from "./engines.ts";

const LOCAL = { S3_ENDPOINT: "http://127.0.0.1:3104" };
const describe = (
  environment: Readonly<Record<string, string>>,
  standIns: Partial<Pick<Dependencies, "gemini" | "compreface">> = {},
) => describeEngines({ environment, gemini: undefined, compreface: undefined, ...standIns });

test("the stand-ins are named as such, and the pictures stay here only if all servers are local", async () => {
  await using started = new AsyncDisposableStack();
  const gemini = await createGeminiServer({ apiKey: "key", model: "gemini-3-flash-preview" });
  started.defer(() => gemini.close());
  const compreface = await createComprefaceServer({ apiKey: "key" });
  started.defer(() => compreface.close());

  const local = describe(LOCAL, { gemini, compreface });
  assert.match(local.own, /local reader[^]*local face engine[^]*stay on this machine\.$/);
  assert.equal(local.toReal, "GEMINI_API_KEY=… COMPREFACE_URL=… COMPREFACE_API_KEY=… npm start");
  assert.equal(local.readers["gemini-3-flash-preview"], "the stand-in of Gemini");
  const remote = describe({ S3_ENDPOINT: "https://s3.example.com" }, { gemini, compreface });
  assert.doesNotMatch(remote.own, /stay on this machine/);
  assert.doesNotMatch(describe(LOCAL, { gemini }).own, /stay on this machine/);
});

test("the real engines have their own names, and Gemini compares if CompreFace has no key", () => {
  const real = describe({ ...LOCAL, GEMINI_MODEL: "gemini-4", COMPREFACE_API_KEY: "key" });
  assert.match(real.own, /^Gemini \(gemini-4\) reads your passport: the picture goes to Google\. CompreFace compares/);
  assert.deepEqual([real.toReal, real.readers], [null, {}]);
  assert.match(describe(LOCAL).own, /Gemini compares the faces, because COMPREFACE_API_KEY is not set\.$/);
});
