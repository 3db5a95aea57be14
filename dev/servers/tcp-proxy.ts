/** A TCP proxy on 127.0.0.1 in front of a real server, which does to connections what networks do to them. */
import { once } from "node:events";
import { createServer, connect, type Socket } from "node:net";

/**
 * - `pass`: the bytes go through.
 * - `drop-replies`: the server hears the client, and the client does not hear the server.
 * - `silent`: neither hears the other, and neither is told: a half-open connection.
 */
export type Treatment = "pass" | "drop-replies" | "silent";

interface TcpProxyOptions {
  /** The server's port of 127.0.0.1. */
  readonly targetPort: number;
  /** Sees what a client says before the server does, so that a fault can strike at a certain word. */
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

/** Long enough for the server to have done what it was told, and to have answered. */
const LOST_ANSWER_MS = 100;

/** A running proxy. {@link startTcpProxy} */
export type TcpProxy = Awaited<ReturnType<typeof startTcpProxy>>;

/** Starts a proxy on a free port. Everything passes until told otherwise. */
export async function startTcpProxy({ targetPort, watch = () => {} }: TcpProxyOptions) {
  const open = new Set<Line>();
  let target = targetPort;
  let treatmentOfNew: Treatment | "reset" = "pass";
  let delayMs = 0;
  let accepted = 0;
  let trap: Trap | undefined;
  const holds: Hold[] = [];

  const listener = createServer(accept);
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("The proxy has no port");

  function accept(client: Socket): void {
    accepted++;
    if (treatmentOfNew === "reset") {
      client.resetAndDestroy();
      return;
    }
    const line: Line = { client, server: connect(target, "127.0.0.1"), treatment: treatmentOfNew, said: "" };
    open.add(line);
    join(line);
  }

  function join(line: Line): void {
    const { client, server } = line;
    const say = (bytes: Buffer) => {
      if (line.treatment !== "silent") forward(server, bytes);
      spring(line, bytes);
    };
    client.on("data", (bytes) => {
      watch(bytes);
      const index = holds.findIndex(({ text }) => bytes.includes(text));
      const [hold] = index < 0 ? [] : holds.splice(index, 1);
      if (hold === undefined) return say(bytes);
      const start = startOfCommand(bytes, hold.text);
      if (start > 0) say(bytes.subarray(0, start));
      client.pause();
      hold.seen();
      void hold.released.then(() => {
        say(bytes.subarray(start));
        client.resume();
      });
    });
    server.on("data", (bytes) => {
      if (line.treatment === "pass") forward(client, bytes);
    });
    for (const [near, far] of [
      [client, server],
      [server, client],
    ] as const) {
      near.on("error", () => {});
      // The other side of a line that has gone silent hears nothing of its end either.
      near.on("close", () => {
        if (line.treatment === "pass") far.destroySoon();
        if (far.destroyed) open.delete(line);
      });
    }
  }

  function spring(line: Line, bytes: Buffer): void {
    if (trap === undefined) return;
    line.said += bytes.toString("latin1");
    if (!line.said.includes(trap.after) || !bytes.includes(trap.text)) return;
    line.treatment = "drop-replies";
    trap.sprung();
    trap = undefined;
    setTimeout(() => {
      line.client.resetAndDestroy();
      line.server.destroy();
    }, LOST_ANSWER_MS);
  }

  function forward(to: Socket, bytes: Buffer): void {
    if (delayMs === 0) to.write(bytes);
    else setTimeout(() => to.writable && to.write(bytes), delayMs).unref();
  }

  async function close(): Promise<void> {
    for (const { client, server } of open) {
      client.destroy();
      server.destroy();
    }
    listener.close();
    await once(listener, "close");
  }

  return {
    port: address.port,
    /** How many connections have been made so far. */
    get accepted() {
      return accepted;
    },
    /** From now on, this happens on the connections that are open. */
    treatOpen(treatment: Treatment): void {
      for (const line of open) line.treatment = treatment;
    },
    /** From now on, this happens on the connections that come; `reset` ends them at once. */
    treatNew(treatment: Treatment | "reset"): void {
      treatmentOfNew = treatment;
    },
    /** Ends all open connections with a reset, as a server does that was killed. */
    resetOpen(): void {
      for (const { client, server } of open) {
        client.resetAndDestroy();
        server.resetAndDestroy();
      }
    },
    /**
     * The next connection that says `text`, after it has said `after` from now on, is heard by the server, loses the
     * answer, and is reset. Resolves when that has happened.
     */
    loseAnswerTo: (text: string, after: string): Promise<void> =>
      new Promise((sprung) => {
        trap = { text, after, sprung };
      }),
    /**
     * Holds back the next command that contains `text`, and all that its connection says after it. Earlier commands of the
     * same write go through, if they are Redis commands.
     */
    hold(text: string): Held {
      const seen = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      holds.push({ text, seen: seen.resolve, released: released.promise });
      return { seen: seen.promise, release: released.resolve };
    },
    /** Holds back every byte for this long, in both directions. */
    delay(milliseconds: number): void {
      delayMs = milliseconds;
    },
    /** Takes the connections that come to another port, as a name does that was pointed elsewhere. */
    retarget(port: number): void {
      target = port;
    },
    /** Ends all connections, and takes no more. */
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** Where the command begins that contains `text`: after the last one before it, in the protocol of Redis. */
function startOfCommand(bytes: Buffer, text: string): number {
  const end = bytes.lastIndexOf("\r\n*", bytes.indexOf(text));
  return end < 0 ? 0 : end + 2;
}
