/** Reads the policy file of `replay --policy` and `assess --policy`. */
import { readFile } from "node:fs/promises";
import * as z from "zod/mini";
import { UsageError } from "../command.ts";

const wholeFrom0 = (expected: string, maximum: number) =>
  z.number(expected).check(z.int(expected), z.gte(0, expected), z.lte(maximum, expected));

const AGE = "minimumAgeYears must be a whole number of years from 0 to 150";
const DAYS = "expiresSoonDays must be a whole number of days from 0 to 36500";
const SPECIMEN = "allowSpecimen must be true or false";
const THRESHOLD = "faceMatchThreshold must be a similarity from 0 to 1, such as 0.75";

const policySchema = z.exactPartial(
  z.strictObject(
    {
      minimumAgeYears: wholeFrom0(AGE, 150),
      expiresSoonDays: wholeFrom0(DAYS, 36_500),
      allowSpecimen: z.boolean(SPECIMEN),
      faceMatchThreshold: z.number(THRESHOLD).check(z.gte(0, THRESHOLD), z.lte(1, THRESHOLD)),
    },
    {
      error: (issue) =>
        issue.code === "unrecognized_keys"
          ? `it has no ${issue.keys.map((key) => `"${key}"`).join(", ")}; it may have minimumAgeYears, expiresSoonDays, allowSpecimen and faceMatchThreshold`
          : 'it must be a JSON object, such as {"minimumAgeYears": 21}',
    },
  ),
);

/** The settings that a policy file changes. */
export type PolicyFile = z.infer<typeof policySchema>;

/** Reads a policy file. Throws {@link UsageError}. */
export async function readPolicyFile(path: string): Promise<PolicyFile> {
  const parsed = policySchema.safeParse(parseJson(await readText(path)));
  if (parsed.success) return parsed.data;
  const faults = new Set(parsed.error.issues.map(({ message }) => message));
  throw new UsageError(`Change the policy file: ${[...faults].join("; ")}.`);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new UsageError(
      code === "ENOENT"
        ? "The file that --policy names does not exist."
        : `The file that --policy names cannot be read (${code}).`,
    );
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError("The file that --policy names is not JSON.");
  }
}
