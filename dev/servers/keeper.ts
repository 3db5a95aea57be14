/** Ends a server whose parent is gone. */
import { spawn } from "node:child_process";
import { once } from "node:events";

/*
 * Reads process ids from its standard input, one a line; an empty line means that no process is left. When the input ends,
 * it ends the last one named and removes the folder. The input also ends when the process that holds its other side
 * dies, of SIGKILL too: so neither a server nor its data outlives the process that started it.
 *
 * A zombie (state Z) counts as gone: in containers, nobody may collect it.
 *
 * It ignores signals: Ctrl-C in a terminal reaches it too, and it must still run afterwards.
 */
const KEEPER_SCRIPT = `
trap '' HUP INT TERM
pid=
while read -r line; do pid=$line; done
if [ -n "$pid" ]; then
  kill -s "$1" "$pid"
  kill -s CONT "$pid"
  tries=0
  while kill -0 "$pid" && ! grep -q '^State:.Z' "/proc/$pid/status" && [ "$tries" -lt 200 ]; do
    sleep 0.05
    tries=$((tries + 1))
  done
  kill -s KILL "$pid"
fi
rm -rf -- "$2" || { sleep 1; rm -rf -- "$2"; }
`;

/** What {@link startKeeper} returns. */
export type Keeper = ReturnType<typeof startKeeper>;

/** Ends one child process and removes one folder when asked to, or when this process is gone, however it went. */
export function startKeeper(stopSignal: NodeJS.Signals, folder: string) {
  const child = spawn("/bin/sh", ["-c", KEEPER_SCRIPT, "keeper", stopSignal.replace("SIG", ""), folder], {
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const exited = once(child, "exit");
  // Somebody may have killed the keeper: a write then fails, and nothing is lost.
  child.stdin.on("error", () => {});

  return {
    folder,
    /** From now on this is the process to end. */
    watch: (pid: number) => void child.stdin.write(`${pid}\n`),
    /** The process is gone; its number may soon be another's. */
    forget: () => void child.stdin.write("\n"),
    /** Ends the process, if one is watched, removes the folder, and resolves when both are done. */
    async finish(): Promise<void> {
      child.stdin.end();
      await exited;
    },
  };
}
