/**
 * Who may talk to the console: this machine's own browser, on the console's own pages. The page shows personal data, and
 * a web site that is open in the same browser can reach loopback too: by a name that it points at 127.0.0.1 (then `Host`
 * is that name), or with requests from its own pages (then the browser says so in `Origin` or `Sec-Fetch-Site`).
 */
import type { Request } from "express";

/** Why a request to this port is refused; `undefined` if it may pass. */
export function refusalOf({ method, path, headers }: Pick<Request, "method" | "path" | "headers">, port: number) {
  const { host, origin, "sec-fetch-site": site = "same-origin", "sec-fetch-mode": mode } = headers;
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) {
    return `Open the console as http://127.0.0.1:${port}: it answers to no other name.`;
  }
  const isReading = method === "GET" || method === "HEAD";
  // A link from elsewhere may open the page; nothing else of it.
  if (isReading && path === "/" && mode === "navigate") return undefined;
  const isFromHere = site === "same-origin" || site === "none";
  const isOwn = origin === undefined ? isReading : origin === `http://${host}`;
  return isFromHere && isOwn ? undefined : "Only the console's own pages may ask.";
}
