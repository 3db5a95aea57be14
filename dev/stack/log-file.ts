/** The log file of a run: every line that the processes of a stack print. The terminal stays readable. */
import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { stopDrawing } from "../samples/drawing/draw.ts";
import { ServerStartError } from "../servers/server-process.ts";

/** Runs a program with its log file. What fails is reported in a sentence, and the process exits with 1. */
export async function runWithLog(path: string, failed: string, run: (log: LogFile) => Promise<void>): Promise<void> {
  await using log = await openLogFile(path);
  try {
    await run(log);
  } catch (error) {
    console.error(`\n${failed} ${log.explain(error)}`);
    process.exitCode = 1;
    stopDrawing();
  }
}

/** An open log file. {@link openLogFile} */
export type LogFile = Awaited<ReturnType<typeof openLogFile>>;

/** Opens the file, for its owner only. Git ignores it; the next run replaces it. */
export async function openLogFile(path: string) {
  await mkdir(dirname(path), { recursive: true });
  const stream = createWriteStream(path, { mode: 0o600 });
  await once(stream, "open");
  return {
    path,
    /** Writes one line, with the name of the process that printed it. */
    write: (source: string, line: string): void => void stream.write(`${source.padEnd(10)} ${line}\n`),
    /** Writes an error with its stack; returns what a person reads instead: a sentence, and where the rest is. */
    explain(error: unknown): string {
      const { stack, message } = error instanceof Error ? error : new Error(String(error));
      stream.write(`${stack ?? message}\n`);
      return `${error instanceof ServerStartError ? error.sentence : message}\nWhat the processes logged: ${path}`;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      stream.end();
      await once(stream, "close");
    },
  };
}
