/** Events and invocations, as API Gateway and Lambda hand them to a function. */
import type { APIGatewayProxyEventV2, Context } from "aws-lambda";

interface EventOptions {
  readonly body?: string | undefined;
  readonly token?: string | undefined;
  /** Added to those of every request; names in lower case, as API Gateway passes them on. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly isBase64Encoded?: boolean;
}

/** A `POST /api/v1/process` of the backend, which sends `text/plain` by default. */
export function processEvent({
  body,
  token,
  headers = {},
  isBase64Encoded = false,
}: EventOptions): APIGatewayProxyEventV2 {
  const path = "/api/v1/process";
  return {
    version: "2.0",
    routeKey: `POST ${path}`,
    rawPath: path,
    rawQueryString: "",
    headers: {
      host: "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
      "user-agent": "Dart/3.9 (dart:io)",
      "content-type": "text/plain; charset=utf-8",
      ...(token !== undefined && { "x-service-token": token }),
      ...headers,
    },
    requestContext: {
      accountId: "123456789012",
      apiId: "a1b2c3d4e5",
      domainName: "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
      domainPrefix: "a1b2c3d4e5",
      http: { method: "POST", path, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "Dart/3.9 (dart:io)" },
      requestId: "JKJaXmPLvHcESHA=",
      routeKey: `POST ${path}`,
      stage: "$default",
      time: "22/Nov/2026:12:00:00 +0000",
      timeEpoch: 1_795_348_800_000,
    },
    ...(body !== undefined && { body }),
    isBase64Encoded,
  };
}

/** The context of an invocation. */
export function invocation(): Context {
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: "kyc-dev-process",
    functionVersion: "$LATEST",
    invokedFunctionArn: "arn:aws:lambda:eu-central-1:123456789012:function:kyc-dev-process",
    memoryLimitInMB: "512",
    awsRequestId: "0f2a5f4e-0000-4000-8000-000000000000",
    logGroupName: "/aws/lambda/kyc-dev-process",
    logStreamName: "2026/11/22/[$LATEST]0f2a5f4e",
    getRemainingTimeInMillis: () => 10_000,
    done() {},
    fail() {},
    succeed() {},
  };
}
