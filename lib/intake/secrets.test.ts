import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startParameterStore } from "../../test/servers/parameter-store.ts";
import { resolveSecrets, SecretsUnavailableError } from "./secrets.ts";

const silent = { onMissing: () => {} };

/** A store that is closed after the test. */
async function startStore(t: TestContext, stored: Readonly<Record<string, string>>, status = 200) {
  const store = await startParameterStore(stored, status);
  t.after(store.close);
  return store;
}

test("plain values pass unchanged, without a request to the Parameter Store", async (t) => {
  const store = await startStore(t, {});
  const environment = { ...store.environment, REDIS_URL: "redis://localhost:6379", EMPTY: "", UNSET: undefined };
  assert.deepEqual(await resolveSecrets(environment, silent), environment);
  assert.equal(store.requests.length, 0);
});

test("references are replaced by the decrypted values, with one signed request", async (t) => {
  const store = await startStore(t, { "/kyc/prod/redis-url": "rediss://r", "/kyc/prod/service-secret": "s" });
  const resolved = await resolveSecrets(
    { ...store.environment, REDIS_URL: "ssm:/kyc/prod/redis-url", KYC_SERVICE_SECRET: "ssm:/kyc/prod/service-secret" },
    silent,
  );
  assert.equal(resolved["REDIS_URL"], "rediss://r");
  assert.equal(resolved["KYC_SERVICE_SECRET"], "s");
  const [asked, ...others] = store.requests;
  assert.deepEqual(others, []);
  assert.partialDeepStrictEqual(asked, { names: ["/kyc/prod/redis-url", "/kyc/prod/service-secret"], decrypted: true });
  assert.equal(asked?.headers["x-amz-target"], "AmazonSSM.GetParameters");
  assert.match(asked?.headers.authorization ?? "", /Credential=AKIDTEST\/\d{8}\/eu-test-1\/ssm\//);
});

test("more than ten references are read in batches, and equal ones once", async (t) => {
  const names = Array.from({ length: 12 }, (_, index) => `/kyc/${index}`);
  const store = await startStore(t, Object.fromEntries(names.map((name) => [name, `value of ${name}`])));
  const references = Object.fromEntries(names.map((name, index) => [`V${index}`, `ssm:${name}`]));
  const resolved = await resolveSecrets({ ...store.environment, ...references, AGAIN: "ssm:/kyc/0" }, silent);
  assert.deepEqual(
    store.requests.map((request) => request.names.length),
    [10, 2],
  );
  assert.equal(resolved["V11"], "value of /kyc/11");
  assert.equal(resolved["AGAIN"], "value of /kyc/0");
});

test("a parameter that does not exist counts as not set, and is reported", async (t) => {
  const store = await startStore(t, { "/a": "1" });
  const missing: string[] = [];
  const environment = { ...store.environment, A: "ssm:/a", B: "ssm:/b" };
  const resolved = await resolveSecrets(environment, { onMissing: (names) => missing.push(...names) });
  assert.equal(resolved["A"], "1");
  assert.equal(resolved["B"], undefined);
  assert.deepEqual(missing, ["/b"]);
});

test("the error about a refusal names its kind and the parameters, and repeats nothing of AWS's message", async (t) => {
  const store = await startStore(t, {}, 400);
  await assert.rejects(resolveSecrets({ ...store.environment, A: "ssm:/a" }, silent), (error) => {
    assert.ok(error instanceof SecretsUnavailableError);
    assert.match(error.message, /AccessDeniedException/);
    assert.match(error.message, /\/a/);
    assert.doesNotMatch(error.message, /AKIDTEST|secret/);
    assert.equal(error.cause, undefined);
    return true;
  });
});
