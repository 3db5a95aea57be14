/**
 * `npx kyc assess`: runs the rules over readings from standard input, one JSON line each. It needs no database and no
 * keys.
 */
import { createInterface } from "node:readline";
import * as z from "zod/mini";
import { explainCheck } from "../../lib/checks.ts";
import { defaultPolicy } from "../../lib/config.ts";
import { type AssessmentPolicy, assessPassport } from "../../lib/passport/assess.ts";
import { passportReadingSchema, readerReadingSchema } from "../../lib/passport/reading.ts";
import { type Command, type Options, UsageError } from "../command.ts";
import { readPolicyFile } from "./policy-file.ts";

const idSchema = z.union([z.string(), z.number()]);

const readerSchema = z.pipe(
  z.transform((given: unknown) =>
    typeof given === "object" && given !== null ? { line1: null, line2: null, reason: null, ...given } : given,
  ),
  z.optional(z.nullable(readerReadingSchema)),
);

const requestSchema = z.object({ id: idSchema, reading: passportReadingSchema, reader: readerSchema });

export const assess: Command = {
  summary: "run the rules over readings from standard input",
  help: `Reads one JSON object a line: {"id", "reading", "reader"}. "reading" is Gemini's unchanged reply about a passport's page.
"reader" is what the second reader of the machine readable zone read: {"line1", "line2"}, each 44 characters, or null if
the reader is not sure of that line. {"line1": null, "line2": null, "reason": "no_zone"} says that the reader searched
the whole picture and found no such zone. "reader": null says that the second reader did not read: then no field can be confirmed.

Writes one JSON object a line, in the same order: {"id", "assessment": {"verdict", "fields", "checks", "needsSecondReading"}},
or {"id", "error"} if the line cannot be used; the lines after it are still read. Exits with 0 in both cases. Needs no
configuration.`,
  options: [
    ["--today <day>", "the day of the assessment, such as 2026-11-22"],
    ["--policy <file>", "a policy file as for npx kyc replay; faceMatchThreshold is ignored"],
  ],
  async run({ options }) {
    const today = readToday(options);
    const file = options.policy === undefined ? {} : await readPolicyFile(options.policy);
    const policy = { ...defaultPolicy(), ...file };
    const lines: object[] = [];
    for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
      if (line.trim() !== "") lines.push(assessLine(line, today, policy));
    }
    return { ok: true, report: lines.map((line) => JSON.stringify(line)).join("\n"), data: lines };
  },
};

function readToday({ today }: Options): Date {
  if (today === undefined) return new Date();
  const date = new Date(`${today}T12:00:00Z`);
  const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(today);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(today) || !exists)
    throw new UsageError("--today must be a day of the calendar, such as 2026-11-22.");
  return date;
}

/** Answers one line. */
export function assessLine(line: string, today: Date, policy: AssessmentPolicy): object {
  const given = parseJson(line);
  const id = z.object({ id: idSchema }).safeParse(given).data?.id ?? null;
  const request = requestSchema.safeParse(given);
  if (!request.success) return { id, error: given === undefined ? "The line is not JSON." : faultsOf(request.error) };
  const { reading, reader } = request.data;
  const assessment = assessPassport({ reading, reader: reader ?? undefined, today, policy });
  const { verdict, fields, checks, needsSecondReading } = assessment;
  return { id, assessment: { verdict, fields, checks: checks.map(explainCheck), needsSecondReading } };
}

/** Names the faults of a line by path and code, without the values, because those are personal data. */
function faultsOf({ issues }: z.core.$ZodError): string {
  const faults = issues.map(({ path, code }) => `${path.join(".") || "the line"} (${code})`);
  return `The line does not have the documented form: ${[...new Set(faults)].join(", ")}.`;
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
