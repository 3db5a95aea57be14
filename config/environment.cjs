"use strict";

/*
 * The environment of each function, with exactly the variables that its configuration reads (lib/config.ts).
 *
 * On AWS, a secret is a reference that the function resolves when it starts (lib/intake/secrets.ts), and a setting comes
 * from stages.yml. On this machine (`serverless offline`, `serverless invoke local`), all values come from the
 * environment and from `.env`. So those values never reach a template.
 */

const REDIS = {
  secrets: ["REDIS_URL"],
  settings: ["REDIS_CLUSTER", "KYC_QUEUE_PREFIX", "KYC_JOB_ATTEMPTS", "KYC_JOB_BACKOFF_MS"],
};

const FUNCTIONS = {
  process: {
    secrets: ["KYC_SERVICE_SECRET", "KYC_SERVICE_SECRET_PREVIOUS", ...REDIS.secrets],
    settings: REDIS.settings,
  },
  watchdog: {
    secrets: ["POSTGRES_URL", "KYC_ENCRYPTION_KEYS", ...REDIS.secrets],
    settings: [...REDIS.settings, "KYC_NOTIFY", "KYC_STUCK_TIMEOUT_MIN", "KYC_STUCK_SINCE_COLUMN"],
  },
};

const words = new Set(process.argv.slice(2));
const isLocal = words.has("offline") || (words.has("invoke") && words.has("local"));

// The service reads the environment in one place only. This file is not part of the service.
// oxlint-disable-next-line node/no-process-env
const fromHere = ({ secrets, settings }) => [...secrets, ...settings].map((name) => [name, process.env[name] ?? ""]);

async function forAws({ secrets, settings }, resolveVariable) {
  const stage = await resolveVariable("sls:stage");
  return [
    ...secrets.map((name) => [name, `ssm:/kyc/${stage}/${name}`]),
    ...(await Promise.all(settings.map(async (name) => [name, String(await resolveVariable(`param:${name}`))]))),
  ];
}

module.exports = async function environment({ resolveVariable }) {
  const entries = Object.entries(FUNCTIONS).map(async ([name, needs]) => {
    const variables = isLocal ? fromHere(needs) : await forAws(needs, resolveVariable);
    return [name, Object.fromEntries(variables)];
  });
  return Object.fromEntries(await Promise.all(entries));
};
