"use strict";

/*
 * A plugin of osls: `serverless offline` ends with one clear sentence if a port is in use. Without the plugin, the
 * bundler continues and the process hangs.
 */

const { once } = require("node:events");
const { createServer } = require("node:net");

// serverless-offline's default.
const LAMBDA_PORT = 3002;

async function isFree(port, host) {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

// osls calls this function with `new` and uses the object that it returns.
module.exports = function freePorts(serverless, { httpPort, lambdaPort, host = "localhost" }) {
  const check = async () => {
    const settings = serverless.service.custom["serverless-offline"];
    const ports = { httpPort: httpPort ?? settings.httpPort, lambdaPort: lambdaPort ?? LAMBDA_PORT };
    for (const [option, port] of Object.entries(ports)) {
      if (await isFree(Number(port), host)) continue;
      const message = `Port ${port} is already in use. Stop what uses it, or add --${option} ${Number(port) + 10}`;
      throw new serverless.classes.Error(message, "PORT_IN_USE");
    }
  };
  return { hooks: { "before:offline:start": check } };
};
