/** A TCP proxy with faults: connections that die silently, are reset, or lose what the server answers. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

/** Starts a proxy to a port of 127.0.0.1. */
export async function startProxy(targetPort: number) {
  const pairs = new Set<{ client: Socket; server: Socket; dead: boolean }>();
  let dropReplies = false;
  let refuse = false;
  let armed: { readonly text: string; readonly after: string; readonly done: () => void } | undefined;

  const listener = createServer((client) => {
    if (refuse) return void client.resetAndDestroy();
    const pair = { client, server: connect(targetPort, "127.0.0.1"), dead: false };
    let sent = "";
    pairs.add(pair);
    client.on("data", (bytes) => {
      if (pair.dead) return;
      pair.server.write(bytes);
      sent += bytes.toString("latin1");
      if (armed === undefined || !sent.includes(armed.after) || !bytes.includes(armed.text)) return;
      // The server gets it, and answers to nobody.
      pair.dead = true;
      armed.done();
      armed = undefined;
      setTimeout(() => client.resetAndDestroy(), 100);
    });
    pair.server.on("data", (bytes) => {
      if (!pair.dead && !dropReplies) client.write(bytes);
    });
    const end = () => {
      client.destroy();
      pair.server.destroy();
      pairs.delete(pair);
    };
    for (const socket of [client, pair.server]) socket.on("error", end).on("close", end);
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();

  return {
    port: portOf(address),
    /** What runs over the connections that are open now vanishes, and no side is told. New connections work. */
    killSilently(): void {
      for (const pair of pairs) pair.dead = true;
    },
    /** Resets the connections that are open now. */
    reset(): void {
      for (const { client } of pairs) client.resetAndDestroy();
    },
    /** While set, the server gets what the client sends, but its answers are lost. */
    set dropReplies(value: boolean) {
      dropReplies = value;
    },
    /**
     * The server gets the next bytes with this text from a connection that has sent `after` before; then the connection
     * is reset before the answer. Resolves when it has happened.
     */
    loseAnswerTo: (text: string, after: string): Promise<void> =>
      new Promise((done) => {
        armed = { text, after, done };
      }),
    /** While set, new connections are reset. */
    set refuse(value: boolean) {
      refuse = value;
    },
    async [Symbol.asyncDispose](): Promise<void> {
      for (const { client, server } of pairs) {
        client.destroy();
        server.destroy();
      }
      listener.close();
      await once(listener, "close");
    },
  };
}

export type Proxy = Awaited<ReturnType<typeof startProxy>>;

const portOf = (address: AddressInfo | string | null) => (typeof address === "object" ? (address?.port ?? 0) : 0);
