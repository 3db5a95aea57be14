/**
 * Answers requests even if the configuration is incomplete: callers get a 500 in our JSON form, never a stack trace.
 */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { ConfigError } from "../config.ts";
import type { Logger } from "../observe/logger.ts";
import { answerOf, HttpError } from "./http.ts";

type Handler = (event: APIGatewayProxyEventV2, context: Context) => Promise<APIGatewayProxyStructuredResultV2>;

/**
 * Opens a handler when the function starts. If its configuration is incomplete, each call tries again, because somebody
 * can add the missing parameter meanwhile.
 */
export async function openConfiguredHandler(open: () => Promise<Handler>, log: Logger): Promise<Handler> {
  async function tryToOpen(): Promise<Handler | undefined> {
    try {
      return await open();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      log.error({ variables: error.variables }, error.message);
      return undefined;
    }
  }

  let opened = await tryToOpen();
  return async function handle(event, context) {
    opened ??= await tryToOpen();
    return opened === undefined ? answerOf(misconfigured()) : opened(event, context);
  };
}

const misconfigured = () =>
  new HttpError(
    500,
    "misconfigured",
    "The service is not set up completely. Its log says what is missing. Send the request again later.",
  );
