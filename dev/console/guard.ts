/**
 * Who may talk to the console: this machine's own browser, on the console's own pages. The page shows personal data, and
 * a web site that is open in the same browser can reach loopback too: by a name that it points at 127.0.0.1 (then `Host`
 * is that name), or with requests from its own pages (then the browser says so in `Origin` or `Sec-Fetch-Site`).
 */
import type { IncomingHttpHeaders } from "node:http";

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly port: number;
}

/** Why a request is refused; `undefined` if it may pass. */
export function refusalOf({ method, path, headers, port }: Asked): string | undefined {
  const host = headers.host ?? "";
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) {
    return `Open the console as http://127.0.0.1:${port}: it answers to no other name.`;
  }
  const isReading = method === "GET" || method === "HEAD";
  // A link from elsewhere may open the page; nothing else of it.
  if (isReading && path === "/" && headers["sec-fetch-mode"] === "navigate") return undefined;
  return isFromOwnPage(headers, host, isReading) ? undefined : "Only the console's own pages may ask.";
}

function isFromOwnPage(headers: IncomingHttpHeaders, host: string, isReading: boolean): boolean {
  const { origin, "sec-fetch-site": site = "same-origin" } = headers;
  if (site !== "same-origin" && site !== "none") return false;
  return origin === undefined ? isReading : origin === `http://${host}`;
}
