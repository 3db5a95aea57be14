/**
 * The blocks of code in the documentation that are taken from `examples/`. A page names the file, and the region of it, in
 * a comment before the block:
 *
 * ```
 * <!-- from examples/serverpod/lib/server.dart#start -->
 * ```
 *
 * A region lies between `#region NAME` and `#endregion` in the file. Without a name, the block is the whole file.
 */
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
const BLOCK = /(<!-- from (\S+) -->\n\n)```\w*\n[\s\S]*?^```$/gm;

/** The text of a file, or of a region in it: `path` or `path#region`. */
function excerpt(reference: string): string {
  const [path = "", region] = reference.split("#");
  const text = readFileSync(join(ROOT, path), "utf8");
  if (region === undefined) return text.trim();
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.trim().endsWith(`#region ${region}`));
  const length = lines.slice(start + 1).findIndex((line) => line.trim().endsWith("#endregion"));
  if (start === -1 || length === -1) throw new Error(`${path} has no region ${region}`);
  return dedent(lines.slice(start + 1, start + 1 + length));
}

function dedent(lines: readonly string[]): string {
  const indents = lines.filter((line) => line !== "").map((line) => line.length - line.trimStart().length);
  const least = Math.min(...indents);
  return lines.map((line) => line.slice(least)).join("\n");
}

const LANGUAGES: Readonly<Record<string, string>> = { ".dart": "dart", ".py": "python", ".yaml": "yaml" };

const languageOf = (reference: string) => LANGUAGES[extname(reference.split("#")[0] ?? "")] ?? "";

/**
 * A page in which each block that names a file is replaced by that file's text.
 *
 * @throws {Error} if a comment is not followed by a block.
 */
export function withExcerpts(page: string): string {
  const blocks = page.match(BLOCK)?.length ?? 0;
  const comments = page.match(/^<!-- from \S+ -->$/gm)?.length ?? 0;
  if (blocks !== comments) throw new Error(`${comments} comments name a file, but ${blocks} blocks follow them`);
  return page.replaceAll(BLOCK, (_block, comment: string, reference: string) => {
    const text = excerpt(reference);
    if (text.includes("```")) throw new Error(`${reference} has a fence of its own`);
    return `${comment}\`\`\`${languageOf(reference)}\n${text}\n\`\`\``;
  });
}
