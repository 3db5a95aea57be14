/**
 * `npm run docs`: writes what the documentation takes from the code: the result's JSON Schema, sample results, the page of
 * reasons, and the blocks of code that come from `examples/`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { withExcerpts } from "./excerpts.ts";
import { reasonsPage } from "./reasons-table.ts";
import { resultJsonSchema } from "./result-schema.ts";
import { sampleResults } from "./sample-results.ts";

/** The pages whose code comes from `examples/`. */
const PAGES = ["calling-from-serverpod.md", "calling-from-python.md"] as const;

const inDocs = (name: string) => join(import.meta.dirname, "..", name);
const writeJson = (name: string, value: unknown) => writeFile(inDocs(name), `${JSON.stringify(value, null, 2)}\n`);

await writeJson("result.schema.json", resultJsonSchema());
await writeJson("sample-results.json", sampleResults());
await writeFile(inDocs("reasons.md"), reasonsPage());
for (const page of PAGES) await writeFile(inDocs(page), withExcerpts(await readFile(inDocs(page), "utf8")));
