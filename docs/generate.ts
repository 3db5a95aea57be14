/** `npm run docs`: writes what the documentation takes from the code: the result's JSON Schema and the table of reasons. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reasonsAsMarkdown } from "./reasons-table.ts";
import { resultJsonSchema } from "./result-schema.ts";

const SCHEMA = join(import.meta.dirname, "result.schema.json");
const GUIDE = join(import.meta.dirname, "calling-from-serverpod.md");

const START = "<!-- reasons: written by npm run docs -->";
const END = "<!-- /reasons -->";

await writeFile(SCHEMA, `${JSON.stringify(resultJsonSchema(), null, 2)}\n`);

const guide = await readFile(GUIDE, "utf8");
const [before, rest] = guide.split(START);
const [, after] = rest?.split(END) ?? [];
if (before === undefined || after === undefined) throw new Error(`${GUIDE} has no place for the reasons`);
await writeFile(GUIDE, `${before}${START}\n\n${reasonsAsMarkdown()}\n\n${END}${after}`);
