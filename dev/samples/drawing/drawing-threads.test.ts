import assert from "node:assert/strict";
import { test } from "node:test";
import * as here from "./draw.ts";
import * as threads from "./drawing-threads.ts";
import { samplePassport } from "../passports.ts";

test("a picture drawn in a thread has the same bytes as one drawn here", async () => {
  const widthPx = 320;
  const passport = { passport: samplePassport(1), widthPx };
  assert.deepEqual(await threads.drawPassportPhoto(passport), await here.drawPassportPhoto(passport));
  const [selfie, stamp, licence] = [{ faces: [1, 2] }, { number: 2 }, { number: 7 }];
  assert.deepEqual(await threads.drawSelfie({ ...selfie, widthPx }), await here.drawSelfie({ ...selfie, widthPx }));
  assert.deepEqual(await threads.drawStampPage({ ...stamp, widthPx }), await here.drawStampPage({ ...stamp, widthPx }));
  assert.deepEqual(
    await threads.drawDrivingLicence({ ...licence, widthPx }),
    await here.drawDrivingLicence({ ...licence, widthPx }),
  );
});

test("a picture that cannot be drawn in a thread is an error here", async () => {
  await assert.rejects(threads.drawSelfie({ faces: [-1], widthPx: 320 }), /integer/);
});
