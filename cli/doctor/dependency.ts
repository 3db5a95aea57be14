/** Explains error codes of dependencies and of the network: what is wrong, and what to do. */
import { ownCodeOf } from "../../lib/errors.ts";

/** Completes the sentence "<dependency> ...": `detail` says what is wrong, and `fix` what to do. */
export interface Trouble {
  readonly detail: string;
  readonly fix: string;
}

/** The dependencies that every command needs, and the settings with their addresses. */
export const SETTING_OF = { PostgreSQL: "POSTGRES_URL", Redis: "REDIS_URL" } as const;

/** Thrown when a dependency refuses a request or does not answer. */
export class DependencyError extends Error {
  override readonly name = "DependencyError";
  readonly dependency: keyof typeof SETTING_OF;

  constructor(dependency: keyof typeof SETTING_OF, code: string | undefined) {
    const { detail, fix } = dependency === "Redis" ? redisTrouble(code) : postgresTrouble(code);
    super(`${dependency} ${detail}: ${fix}.`);
    this.dependency = dependency;
  }

  /** The error's code for `--json`. */
  get code(): string {
    return `${this.dependency.toLowerCase()}_unavailable`;
  }
}

/** The code of an error or of its cause; `undefined` if neither has one. Never a message. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if (error.name === "TimeoutError") return "ETIMEDOUT";
  const [first]: unknown[] = error instanceof AggregateError ? error.errors : [];
  return ownCodeOf(error) ?? codeOf(error.cause) ?? codeOf(first);
}

const CONNECTION: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there: see that it runs, and that the port is right",
  ENOTFOUND: "no such host is known: check its name for a typing error",
  EAI_AGAIN: "the host's name cannot be resolved now: check this machine's network and DNS",
  ETIMEDOUT: "there was no answer in time: check the address, and firewalls on the way",
  ECONNRESET: "the connection was cut: check that both sides use TLS, or neither",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "its certificate is not trusted: name the authority's certificate in NODE_EXTRA_CA_CERTS",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate is not trusted: name the authority's certificate in NODE_EXTRA_CA_CERTS",
};

/** Explains a failed connection. `setting` is the variable with the address. */
export function connectionTrouble(code: string | undefined, setting: string): Trouble {
  const known = code === undefined ? undefined : CONNECTION[code];
  const fix = known === undefined ? `check ${setting} and the network` : `check ${setting}; ${known}`;
  return { detail: `cannot be reached (${code ?? "no answer"})`, fix };
}

const POSTGRES: Readonly<Record<string, Trouble>> = {
  "28P01": { detail: "refuses the user or the password", fix: "put the right ones into POSTGRES_URL" },
  "28000": {
    detail: "refuses the user",
    fix: "check the user in POSTGRES_URL, whether pg_hba.conf lets that user connect from here, and whether TLS is required",
  },
  "3D000": { detail: "has no database of that name", fix: "put the backend's database into POSTGRES_URL" },
  "42P01": {
    detail: "has no table kyc_verification",
    // If the user may not use the schema, PostgreSQL also reports the table as missing.
    fix: "let Serverpod create it as docs/calling-from-serverpod.md shows, put the right database into POSTGRES_URL, or GRANT USAGE ON SCHEMA public to its user",
  },
  "42703": {
    detail: "has a table kyc_verification without a required column",
    fix: "generate the table with Serverpod as docs/calling-from-serverpod.md shows",
  },
  "42501": {
    detail: "does not let the user read or write kyc_verification",
    fix: "GRANT USAGE ON SCHEMA public and GRANT SELECT, UPDATE ON kyc_verification to the user in POSTGRES_URL",
  },
  "53300": { detail: "has no connection left", fix: "raise max_connections, or close other connections" },
  "55P03": { detail: "has a row that another client keeps locked", fix: "run the command again later" },
  "57P03": { detail: "is starting or stopping", fix: "wait a moment" },
};

/** Explains an error of PostgreSQL by its SQLSTATE, or by the code of a failed connection. */
export function postgresTrouble(code: string | undefined): Trouble {
  const known = code === undefined ? undefined : POSTGRES[code];
  if (known !== undefined) return { ...known, detail: `${known.detail} (${code})` };
  // A SQLSTATE has five characters. Node's error codes, such as ECONNREFUSED, have more.
  return code !== undefined && /^[0-9A-Z]{5}$/.test(code)
    ? { detail: `refuses (${code})`, fix: "look the code up in PostgreSQL's manual, appendix A" }
    : connectionTrouble(code, SETTING_OF.PostgreSQL);
}

const REDIS: Readonly<Record<string, Trouble>> = {
  WRONGPASS: { detail: "refuses the user or the password", fix: "put the right ones into REDIS_URL" },
  NOAUTH: { detail: "requires a password", fix: "put it into REDIS_URL, as in redis://user:password@host:6379" },
  NOPERM: {
    detail: "does not let the user run a command that the queue needs",
    fix: "give the user of REDIS_URL more rights",
  },
  MOVED: { detail: "is a Redis Cluster", fix: "set REDIS_CLUSTER=on and KYC_QUEUE_PREFIX={bull}" },
  LOADING: { detail: "is still loading its data", fix: "wait a moment" },
  OOM: { detail: "has no memory left", fix: "raise maxmemory" },
};

/** Explains an error of Redis by the first word of its reply, or by the code of a failed connection. */
export function redisTrouble(code: string | undefined): Trouble {
  const known = code === undefined ? undefined : REDIS[code];
  if (known !== undefined) return { ...known, detail: `${known.detail} (${code})` };
  return connectionTrouble(code, SETTING_OF.Redis);
}
