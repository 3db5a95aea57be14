/** The templates of both stages: their required settings, and no secrets. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod/mini";
import { readProcessConfig, readWatchdogConfig, readWorkerConfig, VARIABLES } from "../../lib/config.ts";
import { measureQueue } from "../../lib/queue/queue-metrics.ts";
import { REASONS } from "../../lib/reasons.ts";
import { packageStage, type Package, type Template } from "./packaging.ts";
import { REASONS_FOR_WILDCARDS } from "./wildcards.ts";

const ROOT = join(import.meta.dirname, "../..");
const STAGES = ["dev", "prod"] as const;
const FUNCTIONS = ["process", "health", "watchdog"] as const;
/** The timeout of one picture: the default of `createStorage`. No setting changes it. */
const FETCH_TIMEOUT_MS = 30_000;
/** From docs/scale.md. */
const MEASURED_PEAK_MB = 330;
/** The variables whose values are secret. */
const SECRETS = [
  "KYC_SERVICE_SECRET",
  "KYC_SERVICE_SECRET_PREVIOUS",
  "REDIS_URL",
  "POSTGRES_URL",
  "KYC_ENCRYPTION_KEYS",
  "S3_ACCESS_KEY",
  "S3_SECRET_KEY",
  "GEMINI_API_KEY",
  "COMPREFACE_API_KEY",
] as const;

const resources = new AsyncDisposableStack();
const packages = new Map<string, Package>();

before(async () => {
  for (const stage of STAGES) packages.set(stage, resources.use(await packageStage({ stage })));
});

after(() => resources.disposeAsync());

const packaged = (stage: string): Package => packages.get(stage) ?? assert.fail(stage);
const title = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

function resource(stage: string, id: string) {
  return packaged(stage).template.Resources[id]?.Properties ?? assert.fail(`${id} is not in the template`);
}

const functionSchema = z.object({
  Environment: z.optional(z.object({ Variables: z.record(z.string(), z.string()) })),
  Role: z.unknown(),
});

const readFunction = (stage: string, name: string) =>
  functionSchema.parse(resource(stage, `${title(name)}LambdaFunction`));

/** The schema of an item that may depend on a condition. Returns the item for a true condition. */
const perhaps = <T>(item: z.ZodMiniType<T>) =>
  z.union([
    item,
    z.pipe(
      z.object({ "Fn::If": z.tuple([z.string(), item, z.unknown()]) }),
      z.transform((conditional: { "Fn::If": [string, T, unknown] }) => conditional["Fn::If"][1]),
    ),
  ]);

const variableSchema = z.object({ Name: z.string(), Value: z.union([z.string(), z.object({ Ref: z.string() })]) });
const secretSchema = z.object({ Name: z.string(), ValueFrom: z.unknown() });
const containerSchema = z.object({
  StopTimeout: z.number(),
  Environment: z.array(perhaps(variableSchema)),
  Secrets: z.array(perhaps(secretSchema)),
});

function readContainer(stage: string) {
  const { ContainerDefinitions } = z
    .object({ ContainerDefinitions: z.tuple([containerSchema]) })
    .parse(resource(stage, "WorkerTaskDefinition"));
  return ContainerDefinitions[0];
}

/** Example values that an operator would put into the Parameter Store. */
const EXAMPLES: Readonly<Record<string, string>> = {
  KYC_SERVICE_SECRET: "s",
  REDIS_URL: "rediss://:p@redis.internal:6379",
  POSTGRES_URL: "postgresql://kyc:p@db.internal:5432/serverpod",
  KYC_ENCRYPTION_KEYS: `1:${Buffer.alloc(32, "key").toString("base64")}`,
  S3_ENDPOINT: "http://garage.internal:3900",
  COMPREFACE_URL: "http://compreface.internal:8000",
  S3_ACCESS_KEY: "GK0",
  S3_SECRET_KEY: "s",
  GEMINI_API_KEY: "g",
  COMPREFACE_API_KEY: "c",
};

for (const stage of STAGES) {
  test(`${stage}: each function's environment is exactly what its configuration asks for`, () => {
    for (const name of FUNCTIONS) {
      const variables = readFunction(stage, name).Environment?.Variables ?? {};
      assert.deepEqual(Object.keys(variables).toSorted(), VARIABLES[name].toSorted(), name);
    }
  });

  test(`${stage}: the worker's environment is exactly what its configuration asks for`, () => {
    const { Environment, Secrets } = readContainer(stage);
    const names = [...Environment, ...Secrets].map(({ Name }) => Name);
    assert.deepEqual(names.toSorted(), VARIABLES.worker.toSorted());
  });

  test(`${stage}: the service accepts the settings`, () => {
    const filled = (variables: Readonly<Record<string, unknown>>) =>
      Object.fromEntries(
        Object.entries(variables).map(([name, value]) => [
          name,
          typeof value === "string" && !value.startsWith("ssm:") ? value : EXAMPLES[name],
        ]),
      );
    readProcessConfig(filled(readFunction(stage, "process").Environment?.Variables ?? {}));
    readWatchdogConfig(filled(readFunction(stage, "watchdog").Environment?.Variables ?? {}));
    const { Environment, Secrets } = readContainer(stage);
    const all = [
      ...Environment.map(({ Name, Value }) => [Name, Value]),
      ...Secrets.map(({ Name }) => [Name, undefined]),
    ];
    readWorkerConfig(filled(Object.fromEntries(all)));
  });

  test(`${stage}: secrets are references to the Parameter Store, and each role may read only its own`, () => {
    for (const name of ["process", "watchdog"] as const) {
      const variables = readFunction(stage, name).Environment?.Variables ?? {};
      const named = SECRETS.filter((secret) => VARIABLES[name].includes(secret));
      const parameters = named.map((secret) => {
        assert.match(variables[secret] ?? "", new RegExp(`^ssm:/kyc/${stage}/${secret}$`), secret);
        return variables[secret]?.slice("ssm:".length);
      });
      assert.deepEqual(new Set(readable(stage, `${title(name)}Role`)), new Set(parameters));
    }
    const { Environment, Secrets } = readContainer(stage);
    for (const { Name } of Environment) assert.ok(!SECRETS.some((secret) => secret === Name), Name);
    const parameters = Secrets.map(({ ValueFrom }) => parameterOf(ValueFrom));
    assert.deepEqual(new Set(readable(stage, "WorkerExecutionRole")), new Set(parameters));
  });

  test(`${stage}: no permission has a wildcard without a reason, and each identity has its own role`, () => {
    const seen = new Set<string>();
    for (const { statement, action } of grants(packaged(stage).template)) {
      const isWide = /[*?]/.test(action) || /[*?]/.test(JSON.stringify(statement.Resource));
      if (!isWide) continue;
      const key = `${statement.Sid} ${action}`;
      assert.ok(REASONS_FOR_WILDCARDS[key] !== undefined, `${key} on ${JSON.stringify(statement.Resource)}`);
      assert.doesNotMatch(action, /\*/, key);
      seen.add(key);
    }
    assert.deepEqual([...seen].toSorted(), Object.keys(REASONS_FOR_WILDCARDS).toSorted());
    const roles = FUNCTIONS.map((name) => JSON.stringify(readFunction(stage, name).Role));
    assert.equal(new Set(roles).size, FUNCTIONS.length);
  });

  test(`${stage}: each function is traced, runs on ARM and has a log retention`, () => {
    for (const name of FUNCTIONS) {
      assert.partialDeepStrictEqual(resource(stage, `${title(name)}LambdaFunction`), {
        FunctionName: `kyc-${stage}-${name}`,
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        TracingConfig: { Mode: "Active" },
      });
    }
    assert.equal(resource(stage, "WatchdogLambdaFunction")["ReservedConcurrentExecutions"], 1);
    const logs = Object.entries(packaged(stage).template.Resources).filter(
      ([, { Type }]) => Type === "AWS::Logs::LogGroup",
    );
    assert.equal(logs.length, 5);
    for (const [id, { Properties }] of logs) assert.ok(Number(Properties?.["RetentionInDays"]) > 0, id);
    assert.partialDeepStrictEqual(resource(stage, "WatchdogEventsRuleSchedule1"), {
      ScheduleExpression: "rate(1 minute)",
      State: "ENABLED",
    });
  });

  test(`${stage}: the API is throttled, and its log has no header, body, query or IP address`, () => {
    const stageSchema = z.object({
      DefaultRouteSettings: z.object({ ThrottlingRateLimit: z.number(), ThrottlingBurstLimit: z.number() }),
      AccessLogSettings: z.object({ Format: z.string() }),
    });
    const { DefaultRouteSettings, AccessLogSettings } = stageSchema.parse(resource(stage, "HttpApiStage"));
    assert.ok(DefaultRouteSettings.ThrottlingRateLimit > 0 && DefaultRouteSettings.ThrottlingBurstLimit > 0);
    const variables: readonly string[] = AccessLogSettings.Format.match(/\$context\.[\w.]+/g) ?? [];
    assert.ok(variables.length >= 5);
    for (const variable of variables) assert.doesNotMatch(variable, /identity|authorizer|path|domain|header|query/i);
    JSON.parse(AccessLogSettings.Format);
    // This variable has its own quotes. Inside other quotes, the line would not be JSON.
    assert.ok(!variables.includes("$context.error.messageString"));
  });

  test(`${stage}: a worker has the time to finish its jobs before it is killed, and a failed deployment is rolled back`, () => {
    const container = readContainer(stage);
    const settings = new Map(container.Environment.map(({ Name, Value }) => [Name, Value]));
    const setting = (name: string) => Number(settings.get(name));
    const graceMs = setting("WORKER_SHUTDOWN_TIMEOUT_MS");
    assert.ok(container.StopTimeout <= 120, "Fargate allows no more");
    assert.ok(container.StopTimeout * 1000 > graceMs + 5_000, "then connections are closed for up to 5 s");
    // The slowest job: pictures, then the passport, then its zone again. Faces are compared at the same time.
    assert.ok(graceMs > FETCH_TIMEOUT_MS + 2 * setting("GEMINI_TIMEOUT_MS"), "a job's slowest answers");
    assert.ok(setting("WORKER_STALLED_INTERVAL_MS") * 2 < setting("WORKER_LOCK_DURATION_MS"));
    const memoryMiB = Number(resource(stage, "WorkerTaskDefinition")["Memory"]);
    assert.ok(memoryMiB >= 2 * MEASURED_PEAK_MB, "twice what was measured, however many jobs run at once");
    assert.partialDeepStrictEqual(resource(stage, "WorkerService"), {
      DeploymentConfiguration: { DeploymentCircuitBreaker: { Enable: true, Rollback: true } },
      NetworkConfiguration: { AwsvpcConfiguration: { AssignPublicIp: "DISABLED" } },
    });
    assert.partialDeepStrictEqual(resource(stage, "WorkerTaskDefinition"), {
      RuntimePlatform: { CpuArchitecture: "ARM64" },
      ContainerDefinitions: [{ ReadonlyRootFilesystem: true, User: "1000:1000" }],
    });
  });

  test(`${stage}: functions and workers accept no incoming connection`, () => {
    for (const [id, { Type, Properties }] of Object.entries(packaged(stage).template.Resources)) {
      if (Type === "AWS::EC2::SecurityGroup") {
        assert.equal(Properties?.["SecurityGroupIngress"], undefined, id);
        assert.ok(Array.isArray(Properties?.["SecurityGroupEgress"]), `${id} without it may connect anywhere`);
      }
      if (Type === "AWS::EC2::SecurityGroupIngress") {
        assert.partialDeepStrictEqual(Properties, { IpProtocol: "tcp" });
        assert.match(JSON.stringify(Properties?.["GroupId"]), /RedisSecurityGroupId|DatabaseSecurityGroupId/, id);
        assert.ok(Properties?.["SourceSecurityGroupId"] !== undefined, id);
      }
    }
  });

  test(`${stage}: alarms, scaling and dashboard use metrics that the service publishes`, async () => {
    const queue = {
      depth: async () => ({ waiting: 0, active: 0, delayed: 0 }),
      oldestAgeMs: async () => null,
      countWorkers: async () => 0,
    };
    const namesIn = async (file: string) =>
      [...(await readFile(join(ROOT, file), "utf8")).matchAll(/^ +(\w+): \{ value: /gm)].map(([, name = ""]) => name);
    const published = new Set([
      ...Object.keys(await measureQueue(queue)),
      ...(await namesIn("functions/watchdog.ts")),
      ...(await namesIn("lib/intake/accept.ts")),
    ]);
    const { text } = packaged(stage);
    const used = [...text.matchAll(/"Namespace": "Kyc",\s+"MetricName": "(\w+)"/g)].map(([, name = ""]) => name);
    const swapped = [...text.matchAll(/"MetricName": "(\w+)",\s+"Namespace": "Kyc"/g)].map(([, name = ""]) => name);
    assert.ok(used.length + swapped.length >= 6);
    const body = JSON.stringify(resource(stage, "Dashboard"));
    const shown = [...body.matchAll(/\\"Kyc\\",[\s\\n]+\\"(\w+)\\"/g)].map(([, name = ""]) => name);
    assert.ok(shown.length >= 6);
    for (const name of [...used, ...swapped, ...shown]) assert.ok(published.has(name), name);
    assert.ok(text.includes(`"kyc-${stage}-watchdog"`));
  });

  test(`${stage}: the dashboard is valid JSON`, () => {
    const { DashboardBody } = z
      .object({ DashboardBody: z.object({ "Fn::Sub": z.string() }) })
      .parse(resource(stage, "Dashboard"));
    const parsed: unknown = JSON.parse(DashboardBody["Fn::Sub"]);
    const { widgets } = z.object({ widgets: z.array(z.unknown()) }).parse(parsed);
    assert.ok(widgets.length >= 8);
    const ids = [...DashboardBody["Fn::Sub"].matchAll(/\$\{(\w+)(?:\.\w+)?\}/g)].map(([, id = ""]) => id);
    for (const id of ids) assert.ok(id in packaged(stage).template.Resources, id);
  });
}

test("the metric filter of system failures has every system reason that can fail a verification", () => {
  const { FilterPattern } = z.object({ FilterPattern: z.string() }).parse(resource("prod", "SystemFailuresFilter"));
  const codes = [...FilterPattern.matchAll(/\$\.reason = "(\w+)"/g)].map(([, code = ""]) => code);
  // Without the second reader, no verification fails, so its reasons need no alarm.
  const system = Object.entries(REASONS).flatMap(([code, reason]) =>
    reason.class === "system" && !code.startsWith("reader_") ? [code] : [],
  );
  assert.deepEqual(codes.toSorted(), system.toSorted());
  assert.ok(FilterPattern.length <= 1024, "CloudWatch takes no longer pattern");
});

test("secrets of the deploying user's environment do not get into the template or its state", async () => {
  const canary = (name: string) => `canary-${name}`;
  const environment = Object.fromEntries([...SECRETS, "S3_ENDPOINT"].map((name) => [name, canary(name)]));
  await using poisoned = await packageStage({ stage: "prod", environment });
  for (const [place, text] of Object.entries({ template: poisoned.text, state: poisoned.state, log: poisoned.log })) {
    assert.ok(!text.includes("canary-"), place);
  }
  for (const name of ["process", "watchdog", "health"]) {
    for (const bytes of (await poisoned.readBundle(name)).values()) assert.ok(!bytes.includes("canary-"), name);
  }
});

test("stages differ in sizes and limits, not in their resources", () => {
  const [dev, prod] = STAGES.map((stage) => Object.keys(packaged(stage).template.Resources).toSorted());
  assert.deepEqual(dev, prod);
});

test("the runbook has every alarm", async () => {
  const runbook = await readFile(join(ROOT, "docs/runbook.md"), "utf8");
  const alarms = Object.values(packaged("prod").template.Resources).filter(
    ({ Type }) => Type === "AWS::CloudWatch::Alarm",
  );
  assert.ok(alarms.length >= 10);
  for (const { Properties } of alarms) {
    const name = String(Properties?.["AlarmName"]).replace("kyc-prod-", "");
    assert.ok(runbook.includes(`\`${name}\``), name);
  }
});

test("docs/deploy.md has every parameter that an operator must set", async () => {
  const guide = await readFile(join(ROOT, "docs/deploy.md"), "utf8");
  const names = packaged("prod").text.match(/\/kyc\/prod\/[A-Za-z][\w-]*/g) ?? [];
  assert.ok(new Set(names).size >= 15);
  for (const name of new Set(names)) assert.ok(guide.includes(name.replace("/kyc/prod/", "")), name);
});

const statementSchema = z.object({
  Sid: z.string(),
  Effect: z.string(),
  Action: z.union([z.string(), z.array(z.string())]),
  Resource: z.unknown(),
});
const roleSchema = z.object({
  Policies: z._default(z.array(z.object({ PolicyDocument: z.object({ Statement: z.array(z.unknown()) }) })), []),
});
const conditionalSchema = z.object({ "Fn::If": z.tuple([z.string(), z.unknown(), z.unknown()]) });

/** Lists all statements of a role, including conditional ones. */
function statementsOf(template: Template, id: string) {
  const { Policies } = roleSchema.parse(template.Resources[id]?.Properties);
  return Policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement)
    .map((statement) => {
      const conditional = conditionalSchema.safeParse(statement);
      return statementSchema.parse(conditional.success ? conditional.data["Fn::If"][1] : statement);
    })
    .filter(({ Effect }) => Effect === "Allow");
}

function grants(template: Template) {
  const roles = Object.entries(template.Resources).filter(([, { Type }]) => Type === "AWS::IAM::Role");
  assert.equal(roles.length, 5);
  return roles.flatMap(([id]) =>
    statementsOf(template, id).flatMap((statement) =>
      [statement.Action].flat().map((action) => ({ statement, action })),
    ),
  );
}

/** Lists the parameters that a role may read. */
function readable(stage: string, role: string): (string | undefined)[] {
  const [statement, ...others] = statementsOf(packaged(stage).template, role).filter(
    ({ Action }) => Action === "ssm:GetParameters",
  );
  assert.equal(others.length, 0);
  return z.array(z.unknown()).parse(statement?.Resource).map(parameterOf);
}

function parameterOf(arn: unknown): string {
  const { "Fn::Sub": text } = z.object({ "Fn::Sub": z.string() }).parse(arn);
  return /:parameter(\/[\w/-]+)$/.exec(text)?.[1] ?? assert.fail(text);
}

test("a stage reads CompreFace's address from the Parameter Store only if it has CompreFace", async () => {
  const fetched = ({ template }: Package) =>
    Object.values(template.Parameters)
      .filter(({ Type }) => Type.startsWith("AWS::SSM::Parameter::Value"))
      .map(({ Default }) => String(Default));
  for (const stage of STAGES) {
    await using without = await packageStage({ stage, params: { compreface: "off" } });
    const address = `/kyc/${stage}/COMPREFACE_URL`;
    assert.ok(fetched(packaged(stage)).includes(address));
    assert.deepEqual(
      fetched(without),
      fetched(packaged(stage)).filter((name) => name !== address),
    );
    // The parameter with CompreFace's address still exists, and is empty: the same as not set.
    assert.equal(without.template.Parameters["ComprefaceUrl"]?.Default, "");
  }
});
