/** Lambda behind `GET /health`: says that the API is deployed and answers. It asks no dependency, and so needs nothing. */
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";

export async function handler(): Promise<APIGatewayProxyStructuredResultV2> {
  return {
    statusCode: 200,
    headers: { "content-type": "application/json", "cache-control": "no-store" },
    body: '{"status":"ok"}',
  };
}
