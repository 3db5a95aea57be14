/** A TCP proxy on 127.0.0.1 in front of a real server, which does to connections what networks do to them. */
import { once } from "node:events";
import { createServer, connect, type Socket } from "node:net";
import { listen } from "../../dev/servers/listen.ts";

/**
 * - `pass`: the bytes go through.
 * - `drop-replies`: the client's bytes reach the server; the server's bytes are dropped.
 * - `silent`: all bytes are dropped, and no side sees an error: a half-open connection.
 */
export type Treatment = "pass" | "drop-replies" | "silent";

interface TcpProxyOptions {
  /** The server's port of 127.0.0.1. */
  readonly targetPort: number;
  /** Gets a client's bytes before the server does, so that a test can cause a fault at a certain word. */
  readonly watch?: (bytes: Buffer) => void;
}

interface Line {
  readonly client: Socket;
  readonly server: Socket;
  treatment: Treatment;
  /** What the client has said since a trap was set. */
  said: string;
}

/** Strikes a connection that says `text` after it has said `after`. */
interface Trap {
  readonly text: string;
  readonly after: string;
  readonly sprung: () => void;
}

/** Holds back what a client says from the command on that contains `text`. */
interface Hold {
  readonly text: string;
  readonly seen: () => void;
  readonly released: Promise<void>;
}

/** What was held back, and how to let it go. */
export interface Held {
  /** Resolves when a client has said it. */
  readonly seen: Promise<void>;
  /** Lets it go on. Without effect the second time. */
  release(): void;
}

/** Long enough for the server to execute the command and to answer. */
const LOST_ANSWER_MS = 100;

/** A running proxy. {@link startTcpProxy} */
export type TcpProxy = Awaited<ReturnType<typeof startTcpProxy>>;

/** What the tests ask of the proxy at the moment. */
interface Orders {
  target: number;
  treatmentOfNew: Treatment | "reset";
  delayMs: number;
  accepted: number;
  trap: Trap | undefined;
  readonly holds: Hold[];
  readonly watch: (bytes: Buffer) => void;
}

/** Starts a proxy on a free port. Everything passes until a test asks for something else. */
export async function startTcpProxy({ targetPort, watch = () => {} }: TcpProxyOptions) {
  const open = new Set<Line>();
  const orders: Orders = {
    target: targetPort,
    treatmentOfNew: "pass",
    delayMs: 0,
    accepted: 0,
    trap: undefined,
    holds: [],
    watch,
  };
  const listener = createServer((client) => accept(client, open, orders));
  const port = await listen(listener);

  async function close(): Promise<void> {
    for (const { client, server } of open) {
      client.destroy();
      server.destroy();
    }
    listener.close();
    await once(listener, "close");
  }

  return {
    port,
    /** How many connections have been made so far. */
    get accepted() {
      return orders.accepted;
    },
    ...controlsOf(open, orders),
    /** Ends all connections, and takes no more. */
    close,
    [Symbol.asyncDispose]: close,
  };
}

function controlsOf(open: ReadonlySet<Line>, orders: Orders) {
  return {
    /** From now on, this happens on the connections that are open. */
    treatOpen(treatment: Treatment): void {
      for (const line of open) line.treatment = treatment;
    },
    /** From now on, this happens on the connections that come; `reset` ends them at once. */
    treatNew(treatment: Treatment | "reset"): void {
      orders.treatmentOfNew = treatment;
    },
    /** Ends all open connections with a reset, as a server does that was killed. */
    resetOpen(): void {
      for (const { client, server } of open) {
        reset(client);
        reset(server);
      }
    },
    /**
     * Loses one answer: the server receives the next `text` that a client sends after it has sent `after`, the answer is
     * dropped, and the connection is reset. Resolves when that has happened.
     */
    loseAnswerTo: (text: string, after: string): Promise<void> =>
      new Promise((sprung) => {
        orders.trap = { text, after, sprung };
      }),
    /**
     * Holds back the next command that contains `text`, and all that its connection says after it. Earlier commands of the
     * same write go through, if they are Redis commands.
     */
    hold(text: string): Held {
      const seen = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      orders.holds.push({ text, seen: seen.resolve, released: released.promise });
      return { seen: seen.promise, release: released.resolve };
    },
    /** Holds back every byte for this long, in both directions. */
    delay(milliseconds: number): void {
      orders.delayMs = milliseconds;
    },
    /** Sends new connections to another port, as when a DNS name changes. */
    retarget(port: number): void {
      orders.target = port;
    },
  };
}

function accept(client: Socket, open: Set<Line>, orders: Orders): void {
  orders.accepted++;
  if (orders.treatmentOfNew === "reset") {
    client.resetAndDestroy();
    return;
  }
  const server = connect(orders.target, "127.0.0.1");
  const line: Line = { client, server, treatment: orders.treatmentOfNew, said: "" };
  open.add(line);
  client.on("data", (bytes) => takeRequest(line, bytes, orders));
  server.on("data", (bytes) => {
    if (line.treatment === "pass") forward(client, bytes, orders.delayMs);
  });
  for (const [near, far] of [
    [client, server],
    [server, client],
  ] as const) {
    near.on("error", () => {});
    // On a silent line, one side does not hear that the other has closed.
    near.on("close", () => {
      if (line.treatment === "pass") far.destroySoon();
      if (far.destroyed) open.delete(line);
    });
  }
}

function takeRequest(line: Line, bytes: Buffer, orders: Orders): void {
  orders.watch(bytes);
  const index = orders.holds.findIndex(({ text }) => bytes.includes(text));
  const [hold] = index < 0 ? [] : orders.holds.splice(index, 1);
  if (hold === undefined) return say(line, bytes, orders);
  const start = startOfCommand(bytes, hold.text);
  if (start > 0) say(line, bytes.subarray(0, start), orders);
  line.client.pause();
  hold.seen();
  void hold.released.then(() => {
    say(line, bytes.subarray(start), orders);
    line.client.resume();
  });
}

function say(line: Line, bytes: Buffer, orders: Orders): void {
  if (line.treatment !== "silent") forward(line.server, bytes, orders.delayMs);
  spring(line, bytes, orders);
}

function spring(line: Line, bytes: Buffer, orders: Orders): void {
  const { trap } = orders;
  if (trap === undefined) return;
  line.said += bytes.toString("latin1");
  if (!line.said.includes(trap.after) || !bytes.includes(trap.text)) return;
  line.treatment = "drop-replies";
  trap.sprung();
  orders.trap = undefined;
  setTimeout(() => {
    reset(line.client);
    line.server.destroy();
  }, LOST_ANSWER_MS);
}

function forward(to: Socket, bytes: Buffer, delayMs: number): void {
  if (delayMs === 0) to.write(bytes);
  else setTimeout(() => to.writable && to.write(bytes), delayMs).unref();
}

/** Where the command begins that contains `text`: after the last one before it, in the protocol of Redis. */
function startOfCommand(bytes: Buffer, text: string): number {
  const end = bytes.lastIndexOf("\r\n*", bytes.indexOf(text));
  return end < 0 ? 0 : end + 2;
}

/**
 * Ends a connection with a reset. One that is ending already, or whose bytes are still under way, is only destroyed: after a
 * reset, Node never completes what is under way, and then the process cannot end.
 */
function reset(socket: Socket): void {
  if (socket.connecting || socket.writableEnded || socket.writableLength > 0) socket.destroy();
  else socket.resetAndDestroy();
}
