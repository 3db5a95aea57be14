/** Lambda behind `GET /health`: says that the API is deployed. It calls no dependency, so it needs no configuration. */
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";

export async function handler(): Promise<APIGatewayProxyStructuredResultV2> {
  return {
    statusCode: 200,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: '{"status":"ok"}',
  };
}
