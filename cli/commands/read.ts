/** `npx kyc read`: reads the machine readable zone of a picture on this machine. It sends nothing and needs no settings. */
import { readFile } from "node:fs/promises";
import { createReader, ReaderError, type MrzRead } from "../../lib/reader/reader.ts";
import { failed, UsageError, type Command, type Report } from "../command.ts";

const MAX_PIXELS = 100_000_000;
const DEADLINE_MS = 60_000;

export const read: Command = {
  summary: "read the machine readable zone of a picture (SHOWS PERSONAL DATA)",
  help: `Reads a JPEG, PNG or WebP on this machine, with the worker's reader. Exits with 0 even if the picture has no zone. A line that
is not sure is shown as it was read, with ^ below each doubtful character.`,
  argument: "<picture>",
  async run({ args: [file] }) {
    if (file === undefined) throw new UsageError("Name the picture's file.");
    const bytes = await readFile(file).catch(() => undefined);
    if (bytes === undefined) return failed("file_not_read", `The file "${file}" does not exist or cannot be read.`);
    const reader = createReader({ maxPixels: MAX_PIXELS, deadlineMs: DEADLINE_MS });
    try {
      return reportOf(await reader.read(bytes));
    } catch (error) {
      if (!(error instanceof ReaderError)) throw error;
      return failed(
        `picture_${error.fault}`,
        `"${file}" could not be read (${error.fault}). It must be a JPEG, PNG or WebP.`,
      );
    } finally {
      await reader.close();
    }
  },
};

function reportOf(found: MrzRead): Report {
  const { lines, reason, orientation, zone, milliseconds, reader } = found;
  const data = {
    lines: lines?.map(({ text, sure }) => ({ text, sure })) ?? null,
    reason,
    orientationDegrees: orientation,
    zone,
    milliseconds,
    reader,
  };
  return { ok: true, report: describe(found), data };
}

function describe({ lines, orientation, milliseconds, reader }: MrzRead): string {
  const ending = `${milliseconds} ms, ${reader}`;
  if (lines === null) return `No machine readable zone of a passport was found. ${ending}`;
  const shown = lines.flatMap(({ text, sure, doubtful }) => [
    `${text}  ${sure ? "sure" : "not sure"}`,
    ...(doubtful.length === 0 ? [] : [marks(text.length, doubtful)]),
  ]);
  const way = orientation === 0 ? "The page is upright." : `The page is turned by ${orientation} degrees clockwise.`;
  return [...shown, "", way, ending].join("\n");
}

const marks = (length: number, doubtful: readonly number[]) =>
  Array.from({ length }, (_, place) => (doubtful.includes(place) ? "^" : " "))
    .join("")
    .trimEnd();
