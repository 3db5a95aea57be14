/** An answer that is made to exhaust the worker, and servers that a worker meets in few places only. */
import assert from "node:assert/strict";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { Client } from "pg";
import { freePort } from "../../dev/servers/free-port.ts";
import type { GeminiRule } from "../../dev/stand-ins/gemini/gemini.ts";
import { watchMemory } from "../stage/memory.ts";
import { openStage, until, type Stage } from "../stage/stage.ts";
import { row } from "./row.ts";

/** As many attempts as a job has on the stage. */
const ATTEMPTS = 3;
const NESTED = "[".repeat(3_800_000);

/** Runs a job whose passport gets this answer for ever, and another that gets it once; the worker's peak memory, in MB. */
async function playAnswer(stage: Stage, pid: number, answer: GeminiRule["answer"]): Promise<number> {
  const memory = watchMemory(pid);
  for (const { times, failure, asked } of [
    { times: null, failure: "ocr_bad_output", asked: ATTEMPTS },
    { times: 1, failure: undefined, asked: 2 },
  ]) {
    stage.gemini.script([{ match: { kind: "passport" }, times, answer }]);
    const before = stage.gemini.requests.length;
    const prepared = await stage.submit({ person: 1 });
    await stage.settled([prepared], 60_000);
    const result = await stage.backend.openResult(prepared.kycId);
    assert.equal(result?.status === "ocr_failed" ? result.failureCode : undefined, failure);
    assert.equal(stage.gemini.requests.slice(before).filter(({ kind }) => kind === "passport").length, asked);
  }
  return memory.peakMb();
}

row(
  "41",
  "Gemini answers with 3.8 MB of nested brackets, once and for ever",
  "the job ends as after any answer of no use, and the worker needs no more memory for it",
  async (context) => {
    await using stage = await openStage();
    const { pid } = await stage.startWorker();
    const useless: GeminiRule["answer"] = { fault: "body", body: "[]" };
    for (let round = 0; round < 4; round++) context.diagnostic(`harmless: ${await playAnswer(stage, pid, useless)} MB`);
    for (let round = 0; round < 4; round++)
      context.diagnostic(`nested: ${await playAnswer(stage, pid, { fault: "body", body: NESTED })} MB`);
  },
);
