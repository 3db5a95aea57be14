/**
 * Resolves secrets by reference. When a Lambda function starts, it replaces a value `ssm:/some/name` with that
 * parameter of AWS Systems Manager's Parameter Store, decrypted. So the template, the function's settings and the
 * deployment's logs hold only names. Other values stay as they are. Without references, no AWS SDK is loaded and no
 * call is made.
 */
import { createRequire } from "node:module";
import type * as Ssm from "@aws-sdk/client-ssm";
import type { Environment } from "../config.ts";

const REFERENCE = "ssm:";
/** How many parameters one request may name at most. */
const BATCH = 10;
/** A function has 10 s to start. */
const TRIES = 3;
const REQUEST_TIMEOUT_MS = 2_000;

/** Thrown when the Parameter Store refuses or does not answer. Its message contains names, never values. */
export class SecretsUnavailableError extends Error {
  override readonly name = "SecretsUnavailableError";

  constructor(parameters: readonly string[], kind: string) {
    super(`The Parameter Store did not give ${parameters.join(", ")} (${kind}): check the function's role and network`);
  }
}

interface ResolveOptions {
  /** Called with the parameters that do not exist. Their variables count as not set, because some are optional. */
  readonly onMissing: (parameters: readonly string[]) => void;
}

/**
 * Returns the environment with its references replaced. Uses the region and credentials that Lambda sets in it.
 *
 * @throws {SecretsUnavailableError}
 */
export async function resolveSecrets(environment: Environment, { onMissing }: ResolveOptions): Promise<Environment> {
  const references = Object.entries(environment).flatMap(([variable, value]) =>
    value?.startsWith(REFERENCE) ? [{ variable, parameter: value.slice(REFERENCE.length) }] : [],
  );
  if (references.length === 0) return environment;
  const parameters = [...new Set(references.map(({ parameter }) => parameter))];
  const values = await fetchParameters(environment, parameters);
  const missing = parameters.filter((parameter) => !values.has(parameter));
  if (missing.length > 0) onMissing(missing);
  const resolved = references.map(({ variable, parameter }) => [variable, values.get(parameter)]);
  return { ...environment, ...Object.fromEntries(resolved) };
}

async function fetchParameters(environment: Environment, parameters: readonly string[]) {
  const { AWS_REGION, AWS_ENDPOINT_URL_SSM, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment;
  try {
    const { GetParametersCommand, SSMClient } = loadSdk();
    const client = new SSMClient({
      maxAttempts: TRIES,
      requestHandler: { connectionTimeout: REQUEST_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
      ...(AWS_REGION && { region: AWS_REGION }),
      ...(AWS_ENDPOINT_URL_SSM && { endpoint: AWS_ENDPOINT_URL_SSM }),
      ...(AWS_ACCESS_KEY_ID &&
        AWS_SECRET_ACCESS_KEY && {
          credentials: {
            accessKeyId: AWS_ACCESS_KEY_ID,
            secretAccessKey: AWS_SECRET_ACCESS_KEY,
            ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
          },
        }),
    });
    const answers = await Promise.all(
      inBatches(parameters).map((Names) => client.send(new GetParametersCommand({ Names, WithDecryption: true }))),
    );
    client.destroy();
    return new Map(answers.flatMap(({ Parameters = [] }) => Parameters.map(({ Name, Value }) => [Name, Value])));
  } catch (error) {
    // Drop AWS's own message: it contains the account, the role and the request.
    throw new SecretsUnavailableError(parameters, kindOf(error));
  }
}

/**
 * Loads the SDK from Lambda's Node.js runtime. It is not a dependency of the service, so the bundles stay small. The
 * runtime provides it through `NODE_PATH`, which `require` uses and `import` does not.
 */
function loadSdk(): typeof Ssm {
  return createRequire(import.meta.url)("@aws-sdk/client-ssm");
}

function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return "no answer";
  return "code" in error && typeof error.code === "string" ? error.code : error.name;
}

const inBatches = (parameters: readonly string[]) =>
  Array.from({ length: Math.ceil(parameters.length / BATCH) }, (_, index) =>
    parameters.slice(index * BATCH, (index + 1) * BATCH),
  );
