/**
 * The laptop's console in a real browser, on the real stack. `KYC_SCREENSHOTS=1 node --test test/release/console.test.ts` also
 * takes the pictures of the README.
 */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import sharp from "sharp";
import { REASONS } from "../../lib/reasons.ts";
import { createBackend, type Backend } from "../../dev/stack/backend.ts";
import { startConsole } from "../../dev/console/console.ts";
import { createHappenings } from "../../dev/console/happenings.ts";
import { findChromium } from "./find-chromium.ts";
import { drawPassportPhoto, drawSelfie } from "../../dev/samples/draw.ts";
import { samplePassport } from "../../dev/samples/passports.ts";
import { startStack, type Stack } from "../../dev/stack/stack.ts";

const IMAGES = join(import.meta.dirname, "../../docs/images");
const TAKES_SCREENSHOTS = process.env["KYC_SCREENSHOTS"] === "1";
const AXE = await readFile(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
const FLAGS =
  "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync";
const DESKTOP = { viewport: { width: 1280, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
/** Last resorts: a loaded machine may take minutes. */
const VERDICT_TIMEOUT_MS = 300_000;
const PAGE_TIMEOUT_MS = 60_000;

const resources = new AsyncDisposableStack();
let stack: Stack;
let backend: Backend;
let browser: Browser;
let url: string;

before(async () => {
  const happenings = createHappenings();
  const executablePath = await findChromium({ progress: console.log });
  stack = resources.use(
    await startStack({
      environment: {},
      progress: () => {},
      log: (source, line) => {
        if (source === "worker") happenings.takeWorkerLine(line);
      },
      latencyMs: { gemini: 300, compreface: 150 },
    }),
  );
  backend = createBackend({ apiUrl: stack.apiUrl, environment: stack.dependencies.environment });
  resources.defer(() => backend.close());
  ({ url } = resources.use(await startConsole({ stack, happenings })));
  browser = await chromium.launch({ executablePath, args: FLAGS.split(" ") });
  resources.defer(() => browser.close());
});

after(() => resources.disposeAsync());

/** Opens the console in an empty browser, does `work`, and sees that the page had no trouble and asked nobody else. */
async function onPage(options: BrowserContextOptions, work: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext(options);
  const troubles: string[] = [];
  context.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") troubles.push(message.text());
  });
  context.on("weberror", (error) => troubles.push(String(error.error())));
  context.on("request", (request) => {
    const asked = request.url();
    if (!asked.startsWith(`${url}/`) && !asked.startsWith("blob:") && !asked.startsWith("data:")) troubles.push(asked);
  });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(PAGE_TIMEOUT_MS);
    await page.goto(url);
    await page.getByRole("radio", { name: /^genuine and matching/ }).waitFor();
    await work(page);
    assert.deepEqual(troubles, []);
  } finally {
    await context.close();
  }
}

type Shown = "Verified" | "Failed" | "No verdict" | `Read and compared${string}`;

/** Submits a sample case; resolves with its `kycId` when it has ended, as it should. */
async function submitCase(page: Page, name: string, shown: Shown): Promise<number> {
  await page.getByRole("radio", { name }).check();
  return submit(page, shown);
}

async function submit(page: Page, shown: Shown): Promise<number> {
  const before = page.url();
  await page.getByRole("button", { name: "Submit" }).click();
  await page.waitForURL((now) => now.href !== before);
  return untilEnd(page, shown);
}

async function untilEnd(page: Page, shown: Shown): Promise<number> {
  const verdict = page.locator(".verdict");
  await verdict.waitFor({ timeout: VERDICT_TIMEOUT_MS });
  assert.equal(
    await verdict.getByRole("heading").first().innerText(),
    shown,
    await page.locator("#record").innerText(),
  );
  return Number(/#record-(\d+)$/.exec(page.url())?.[1]);
}

/** Until all pictures that can be shown are shown. */
async function untilPictures(page: Page): Promise<void> {
  await page.locator(".picture:not(:has(img))").first().waitFor({ state: "detached" });
}

const card = (page: Page, title: string) =>
  page.locator("section.card").filter({ has: page.getByRole("heading", { name: title, exact: true }) });

async function screenshot(page: Page, name: string): Promise<void> {
  if (!TAKES_SCREENSHOTS) return;
  await untilPictures(page);
  const picture = sharp(await page.screenshot({ animations: "disabled" }));
  await picture.png({ palette: true, colours: 128, effort: 10 }).toFile(join(IMAGES, `console-${name}.png`));
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

async function assertAccessible(page: Page): Promise<void> {
  // As a debugger evaluates it: the page's own policy would let no such script in.
  await page.evaluate(AXE);
  const violations: readonly Violation[] = await page.evaluate("axe.run().then((found) => found.violations)");
  const told = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html} ${node.failureSummary}`));
  assert.deepEqual(told, []);
}

async function assertNoSidewaysScroll(page: Page): Promise<void> {
  const [content, window] = await page.evaluate<[number, number]>(
    "[document.documentElement.scrollWidth, document.documentElement.clientWidth]",
  );
  assert.ok(content <= window, `the page is ${content} px wide in a window of ${window} px`);
}

/** Whether all of an element is inside the window. */
const isInView = (page: Page, selector: string) =>
  page.evaluate<boolean>(`(() => {
    const { top, bottom } = document.querySelector("${selector}").getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  })()`);

test("a sample case runs to its end, step by step, and everything of it is shown", async () => {
  await onPage(DESKTOP, async (page) => {
    // However quickly a step passes: the page draws each message before it takes the next.
    await page.evaluate(`globalThis.seen = new Set(); new MutationObserver(() => {
      for (const one of document.querySelectorAll("[role=status], .steps .running")) seen.add(one.textContent);
    }).observe(document.body, { subtree: true, childList: true, characterData: true })`);
    await page.getByRole("radio", { name: "with a stamp page" }).check();
    await page.getByRole("button", { name: "Submit" }).click();
    const kycId = await untilEnd(page, "Verified");
    const seen = await page.evaluate<string[]>("[...seen]");
    for (const text of [
      "Reading and comparing",
      "Fetch and prepare the pictures: running",
      "Read the passport: running",
      "Read the stamp page: running",
      "Compare the faces: running",
    ]) {
      assert.ok(seen.includes(text), `${text} is not among ${seen.join(" | ")}`);
    }
    assert.equal(await page.getByRole("status").textContent(), "Done");

    const { documentNumber, surname } = samplePassport(2);
    const fields = card(page, "Passport");
    assert.match(await fields.getByRole("row", { name: /^Document number/ }).innerText(), new RegExp(documentNumber));
    assert.match(
      await fields.getByRole("row", { name: /^Surname/ }).innerText(),
      new RegExp(`${surname}[\\s\\S]*Confirmed`),
    );
    assert.match(await card(page, "Checks").innerText(), /Liveness\s+Not done/);
    assert.match(await card(page, "Stamp").innerText(), /Country/);
    await untilPictures(page);
    assert.equal(await card(page, "Pictures").locator("img").count(), 3);
    assert.match(await page.getByRole("list").filter({ hasText: "Seal and save" }).innerText(), /ocr_complete/);

    const paid = (await backend.openResult(kycId))?.calls.reduce(
      (sum, { tokens }) => sum + (tokens?.inputTokens ?? 0),
      0,
    );
    assert.ok(paid !== undefined && paid > 0);
    const verdict = await page.locator(".verdict").innerText();
    assert.match(verdict, /Took [\d.]+ m?s in all · 2 answered calls to Gemini · [\d,]+ tokens/);
    assert.match(await card(page, "Calls to Gemini").innerText(), /Passport\s+[\d.]+ m?s · [\d,]+ tokens in, \d+ out/);
    await page.getByRole("link", { name: `${kycId} with a stamp page verified` }).waitFor();

    const record = await backend.records.readRecord(kycId);
    const row = await card(page, "The row").innerText();
    assert.ok(row.includes(record?.reviewedAt?.toISOString() ?? "?"));
    const sealed = Buffer.from(record?.ocrResult ?? []);
    assert.ok(row.includes(`${sealed.length} bytes`) && row.includes(sealed.subarray(0, 32).toString("hex")));
    await page.getByText("Exact JSON").click();
    const json: unknown = JSON.parse(await page.getByLabel("JSON", { exact: true }).innerText());
    assert.deepEqual(json, await backend.openResult(kycId));
    await page.getByText("Exact JSON").click();
    await page.getByText("Log of this record").click();
    assert.match(await page.locator(".log").innerText(), /step done step=read_stamp attempt=1/);
    await page.getByText("Log of this record").click();
    await page.evaluate("scrollTo(0, 0)");
    await screenshot(page, "result");
  });
});

test("one's own pictures go the same way", async () => {
  await onPage(DESKTOP, async (page) => {
    await page.getByText("Your own", { exact: true }).click();
    const mimeType = "image/jpeg";
    const passport = {
      name: "passport.jpg",
      mimeType,
      buffer: await drawPassportPhoto({ passport: samplePassport(1) }),
    };
    await page.locator("#file-passport").setInputFiles(passport);
    await page.getByRole("button", { name: "Submit" }).click();
    assert.equal(await page.getByRole("alert").innerText(), "Choose a passport and a selfie.");
    const selfie = { name: "selfie.jpg", mimeType, buffer: await drawSelfie({ faces: [1] }) };
    await page.locator("#file-selfie").setInputFiles(selfie);
    const kycId = await submit(page, "Verified");
    assert.equal((await backend.records.readRecord(kycId))?.status, "ocr_complete");
    assert.match(await card(page, "Passport").innerText(), new RegExp(samplePassport(1).documentNumber));
  });
});

test("a failure says what happened and what the person is told", async () => {
  await onPage({ ...DESKTOP, colorScheme: "dark" }, async (page) => {
    const kycId = await submitCase(page, "another person's selfie", "Failed");
    assert.equal((await backend.records.readRecord(kycId))?.status, "ocr_failed");
    const told = card(page, "Failed");
    assert.match(await told.innerText(), /face_mismatch in the selfie picture/);
    const { operator } = REASONS.face_mismatch;
    assert.equal(await page.getByRole("status").textContent(), `The job failed: ${operator}`);
    assert.equal(await told.getByRole("listitem").innerText(), REASONS.face_mismatch.person);
    await screenshot(page, "failure");
  });
});

test("what a human has to look at is not shown as verified", async () => {
  await onPage(DESKTOP, async (page) => {
    const title = "Read and compared: a human has to look (face_match)";
    await submitCase(page, "CompreFace down: fallback", title);
    assert.match(await card(page, title).innerText(), /face_match: The fallback engine compared the faces/);
    assert.match((await page.locator(".verdict").getAttribute("class")) ?? "", /\bfair\b/);
    await page.getByRole("link", { name: /CompreFace down: fallback human look$/ }).waitFor();
  });
});

test("a file that is not a picture, a missing record and a refused request are shown as such", async () => {
  await onPage(DESKTOP, async (page) => {
    await submitCase(page, "HEIC from an iPhone", "Failed");
    assert.match(await card(page, "Pictures").innerText(), /not a picture that a browser can show/);
    await submitCase(page, "no such record", "No verdict");
    assert.match(await page.getByRole("status").innerText(), /There is no record .* \(attempt 3\)/);
    await submitCase(page, "wrong token", "No verdict");
    await page.getByText("The API refused the request: HTTP 401. The token in the X-Service-Token header").waitFor();
    const refused = await card(page, "No verdict").innerText();
    assert.match(refused, /in_review[^]*HTTP 401 unauthorized The token in the X-Service-Token header[^]*Nothing yet/);
    await submitCase(page, "bad body", "No verdict");
    assert.match(await card(page, "No verdict").innerText(), /invalid_request[^]*\nkycId must be an integer/);
    await page.getByRole("link", { name: /bad body refused, HTTP 400$/ }).waitFor();
    await page.goto(`${url}/#record-77`);
    await page.getByText("The console does not know record 77").waitFor();
  });
});

test("a submission from elsewhere can be watched too", async () => {
  await onPage(DESKTOP, async (page) => {
    const kycId = 4_560;
    const keys = { passportKey: `kyc/${kycId}/passport.jpg`, selfieKey: `kyc/${kycId}/selfie.jpg` };
    await backend.upload(keys.passportKey, await drawPassportPhoto({ passport: samplePassport(1) }));
    await backend.upload(keys.selfieKey, await drawSelfie({ faces: [1] }));
    await backend.records.insertRecord({ kycId, userId: 1, ...keys });
    await backend.records.setInReview(kycId);
    assert.equal((await backend.submit({ kycId, userId: 1, ...keys })).status, 202);
    await page.getByRole("link", { name: /4560 submitted from elsewhere/ }).click();
    assert.equal(await untilEnd(page, "Verified"), kycId);
    await untilPictures(page);
    assert.equal(await card(page, "Pictures").locator("img").count(), 2);
  });
});

test("on a phone nothing has to be scrolled sideways", async () => {
  await onPage(PHONE, async (page) => {
    await assertNoSidewaysScroll(page);
    await page.getByText("Your own", { exact: true }).tap();
    await assertNoSidewaysScroll(page);
    await page.getByText("Sample case", { exact: true }).first().tap();
    await page.getByRole("radio", { name: "Gemini: one character misread" }).check();
    await page.getByRole("button", { name: "Submit" }).tap();
    await page.locator(".steps .running").first().waitFor();
    assert.ok(await isInView(page, ".steps"), "the steps are not in view while they run");
    await untilEnd(page, "Verified");
    await untilPictures(page);
    for (const name of ["Log of this record", "Exact JSON"]) await page.getByText(name).tap();
    await assertNoSidewaysScroll(page);
    for (const name of ["Log of this record", "Exact JSON"]) await page.getByText(name).tap();
    await page.evaluate("document.querySelector('#run').scrollIntoView()");
    await screenshot(page, "phone");
    for (const name of ["no face in the selfie", "not a passport"]) {
      await submitCase(page, name, "Failed");
      await assertNoSidewaysScroll(page);
    }
  });
});

test("everything can be done with the keyboard, and the focus goes to what is new", async () => {
  await onPage(DESKTOP, async (page) => {
    const focused = () => page.evaluate<string>("document.activeElement.id || document.activeElement.value");
    const pressUntil = async (wanted: string, key = "Tab") => {
      for (let presses = 0; (await focused()) !== wanted; presses++) {
        assert.ok(presses < 20, `${key} does not reach ${wanted}`);
        await page.keyboard.press(key);
      }
    };
    await pressUntil("sample");
    await pressUntil("genuine and matching");
    await pressUntil("another person's selfie", "ArrowDown");
    await pressUntil("submit");
    await page.keyboard.press("Enter");
    await untilEnd(page, "Failed");
    assert.equal(await focused(), "run");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator(".log").waitFor();
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing to complain about (${colorScheme})`, async () => {
    await onPage({ ...DESKTOP, colorScheme }, async (page) => {
      await untilPictures(page);
      await assertAccessible(page);
      await submitCase(page, "with a stamp page", "Verified");
      for (const name of ["Log of this record", "Exact JSON"]) await page.getByText(name).click();
      await assertAccessible(page);
      await submitCase(page, "no face in the passport", "Failed");
      await page.getByText("Your own", { exact: true }).click();
      await assertAccessible(page);
    });
  });
}

test("bull-board stands beside it, and asks nobody else", async () => {
  const page = await browser.newPage();
  const answered: string[] = [];
  page.on("response", (response) => answered.push(response.url()));
  await page.goto(`${url}/queue/`);
  await page.getByRole("link", { name: "kyc-jobs" }).first().waitFor();
  assert.deepEqual(
    answered.filter((one) => !one.startsWith(`${url}/`) && !one.startsWith("data:")),
    [],
  );
  await page.close();
});

function statusOf(path: string, method: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(`${url}${path}`, { method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.once("error", reject).end();
  });
}

test("other names and other sites are refused, bull-board included", async () => {
  for (const path of ["/", "/style.css", "/api/overview", "/queue/"]) {
    assert.equal(await statusOf(path, "GET", {}), 200, path);
    assert.equal(await statusOf(path, "GET", { host: "kyc.example" }), 403, path);
    assert.equal(await statusOf(path, "GET", { "sec-fetch-site": "cross-site" }), 403, path);
  }
  for (const path of ["/api/submissions", "/queue/api/queues/kyc-jobs/pause"]) {
    assert.equal(await statusOf(path, "POST", { origin: "https://kyc.example" }), 403, path);
    assert.equal(await statusOf(path, "POST", {}), 403, path);
  }
  assert.equal(await statusOf("/../server.ts", "GET", {}), 404);
  assert.equal(await statusOf("/api/records/77", "GET", {}), 404);
});
