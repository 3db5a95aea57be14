/** Finds a misspelt optional field. Unknown fields are ignored, so it would be dropped silently. */

/** How many letters may be missing, added or wrong; half as many if the word "Key" is missing. */
const MAX_EDITS = 2;

/** Whether `name` probably means `field`: other case or separators, typing errors, no "Key", or more words before it. */
export function isMisspelling(name: string, field: string): boolean {
  if (name === field) return false;
  const [written, meant] = [lettersOf(name), lettersOf(field)];
  const word = meant.replace(/key$/, "");
  if (written.startsWith(word) && /keys?$/.test(written)) return true;
  if (Math.abs(name.length - field.length) > 2 * MAX_EDITS) return false;
  return countEdits(written, meant) <= MAX_EDITS || countEdits(written, word) <= MAX_EDITS / 2;
}

const lettersOf = (name: string) => name.toLowerCase().replace(/[^a-z]/g, "");

/** The Levenshtein distance of two words. */
function countEdits(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    let left = index + 1;
    const next = [left];
    for (const [at, expected] of [...other].entries()) {
      const replaced = (row[at] ?? 0) + (letter === expected ? 0 : 1);
      left = Math.min(left + 1, (row[at + 1] ?? 0) + 1, replaced);
      next.push(left);
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
