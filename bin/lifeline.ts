// What ends a program with the process that follows it, also where that one is killed: a shell that hears its input close.
import { spawn } from "node:child_process";

/** A word says that the program ended by itself. Each process is stopped before its children are looked for, so that none
 * is started meanwhile. */
const script = `
end() {
  kill -STOP "$1"
  for child in $(cat /proc/"$1"/task/*/children || pgrep -P "$1"); do end "$child"; done
  kill -KILL "$1"
}
read -r word && exit
end "$1"
`;

/** Once this process is gone, the process `pid` and all that it started are too, unless they left it. Returns what is to be
 * called when it has ended. On Windows there is no such shell, and it does nothing. */
export function lifeline(pid: number): () => void {
  if (process.platform === "win32") return () => {};
  // In a group of its own: what is sent to the terminal's group, such as Ctrl-C, does not reach it.
  const watcher = spawn("/bin/sh", ["-c", script, "botmojo-lifeline", String(pid)], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  watcher.on("error", () => {});
  watcher.stdin.on("error", () => {});
  watcher.unref();
  return () => void watcher.stdin.end("ended\n");
}
