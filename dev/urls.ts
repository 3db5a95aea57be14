/** `npm run urls`: prints again where everything is that `npm start` runs in this folder. */
import { readFile } from "node:fs/promises";
import { URLS_FILE } from "./stack/start-page.ts";

const text = await readFile(URLS_FILE, "utf8").catch(() => undefined);
console.log(text ?? "Nothing runs here. Start it with: npm start");
process.exitCode = text === undefined ? 1 : 0;
