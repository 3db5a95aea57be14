"use strict";

/*
 * The functions' environment, each with exactly the variables that its configuration asks for (lib/config.ts).
 *
 * On AWS, a secret is a reference that the function resolves when it starts (lib/secrets.ts), and a setting is what
 * stages.yml says. On this machine (`serverless offline`, `serverless invoke local`), all of them are those of the
 * environment and of `.env`, which therefore never reach a template.
 */

const REDIS = { secrets: { REDIS_URL: "redis-url" }, settings: ["REDIS_CLUSTER", "KYC_QUEUE_PREFIX"] };

const FUNCTIONS = {
  process: {
    secrets: {
      KYC_SERVICE_SECRET: "service-secret",
      KYC_SERVICE_SECRET_PREVIOUS: "service-secret-previous",
      ...REDIS.secrets,
    },
    settings: [...REDIS.settings, "KYC_JOB_ATTEMPTS", "KYC_JOB_BACKOFF_MS"],
  },
  watchdog: {
    secrets: { POSTGRES_URL: "postgres-url", KYC_ENCRYPTION_KEYS: "encryption-keys", ...REDIS.secrets },
    settings: [...REDIS.settings, "KYC_STUCK_TIMEOUT_MIN", "KYC_STUCK_SINCE_COLUMN"],
  },
};

const words = process.argv.slice(2);
const isLocal = words.includes("offline") || (words.includes("invoke") && words.includes("local"));

const fromHere = ({ secrets, settings }) =>
  [...Object.keys(secrets), ...settings].map((name) => [name, process.env[name] ?? ""]);

async function forAws({ secrets, settings }, resolveVariable) {
  const stage = await resolveVariable("sls:stage");
  return [
    ...Object.entries(secrets).map(([name, parameter]) => [name, `ssm:/kyc/${stage}/${parameter}`]),
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
