import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import * as z from "zod/mini";
import { resolveSecrets, SecretsUnavailableError } from "./secrets.ts";

const requestSchema = z.object({ Names: z.array(z.string()), WithDecryption: z.boolean() });

/** A Parameter Store that holds these values; `requests` tells what it was asked. */
async function startParameterStore(t: TestContext, stored: Readonly<Record<string, string>>, status = 200) {
  const requests: { target: unknown; names: readonly string[]; decrypted: boolean; signed: boolean }[] = [];
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      const { Names: names, WithDecryption: decrypted } = requestSchema.parse(body);
      const { "x-amz-target": target, authorization = "" } = request.headers;
      requests.push({
        target,
        names,
        decrypted,
        signed: /Credential=AKIDTEST\/\d{8}\/eu-test-1\/ssm\//.test(authorization),
      });
      const found = names.flatMap((Name) => (stored[Name] === undefined ? [] : [{ Name, Value: stored[Name] }]));
      const missing = names.filter((name) => stored[name] === undefined);
      response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
      const refusal = { __type: "AccessDeniedException", message: "not for you: AKIDTEST" };
      response.end(JSON.stringify(status === 200 ? { Parameters: found, InvalidParameters: missing } : refusal));
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  t.after(() => server.close());
  return { url: `http://127.0.0.1:${portOf(server.address())}`, requests };
}

const portOf = (address: AddressInfo | string | null) => (typeof address === "object" ? (address?.port ?? 0) : 0);

const aws = (url: string) => ({
  AWS_ENDPOINT_URL_SSM: url,
  AWS_REGION: "eu-test-1",
  AWS_ACCESS_KEY_ID: "AKIDTEST",
  AWS_SECRET_ACCESS_KEY: "secret",
  AWS_SESSION_TOKEN: "session",
});

const silent = { onMissing: () => {} };

test("plain values pass unchanged, and nobody is asked", async (t) => {
  const store = await startParameterStore(t, {});
  const environment = { ...aws(store.url), REDIS_URL: "redis://localhost:6379", EMPTY: "", UNSET: undefined };
  assert.deepEqual(await resolveSecrets(environment, silent), environment);
  assert.equal(store.requests.length, 0);
});

test("references are replaced by the decrypted values, asked for in one signed request", async (t) => {
  const store = await startParameterStore(t, { "/kyc/prod/redis-url": "rediss://r", "/kyc/prod/service-secret": "s" });
  const resolved = await resolveSecrets(
    { ...aws(store.url), REDIS_URL: "ssm:/kyc/prod/redis-url", KYC_SERVICE_SECRET: "ssm:/kyc/prod/service-secret" },
    silent,
  );
  assert.equal(resolved["REDIS_URL"], "rediss://r");
  assert.equal(resolved["KYC_SERVICE_SECRET"], "s");
  assert.deepEqual(store.requests, [
    {
      target: "AmazonSSM.GetParameters",
      names: ["/kyc/prod/redis-url", "/kyc/prod/service-secret"],
      decrypted: true,
      signed: true,
    },
  ]);
});

test("more than ten references are asked for in batches, equal ones once", async (t) => {
  const names = Array.from({ length: 12 }, (_, index) => `/kyc/${index}`);
  const store = await startParameterStore(t, Object.fromEntries(names.map((name) => [name, `value of ${name}`])));
  const references = Object.fromEntries(names.map((name, index) => [`V${index}`, `ssm:${name}`]));
  const resolved = await resolveSecrets({ ...aws(store.url), ...references, AGAIN: "ssm:/kyc/0" }, silent);
  assert.deepEqual(
    store.requests.map((request) => request.names.length),
    [10, 2],
  );
  assert.equal(resolved["V11"], "value of /kyc/11");
  assert.equal(resolved["AGAIN"], "value of /kyc/0");
});

test("a parameter that does not exist counts as not set, and is named", async (t) => {
  const store = await startParameterStore(t, { "/a": "1" });
  const missing: string[] = [];
  const environment = { ...aws(store.url), A: "ssm:/a", B: "ssm:/b" };
  const resolved = await resolveSecrets(environment, { onMissing: (names) => missing.push(...names) });
  assert.equal(resolved["A"], "1");
  assert.equal(resolved["B"], undefined);
  assert.deepEqual(missing, ["/b"]);
});

test("a refusal names its kind and the parameters, and nothing that the service said", async (t) => {
  const store = await startParameterStore(t, {}, 400);
  await assert.rejects(resolveSecrets({ ...aws(store.url), A: "ssm:/a" }, silent), (error) => {
    assert.ok(error instanceof SecretsUnavailableError);
    assert.match(error.message, /AccessDeniedException/);
    assert.match(error.message, /\/a/);
    assert.doesNotMatch(error.message, /AKIDTEST|secret/);
    assert.equal(error.cause, undefined);
    return true;
  });
});
