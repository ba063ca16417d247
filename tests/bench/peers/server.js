// The servers that a peer needs, started in the benchmark's folder and gone with it.
import { spawn } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";

const startsWithinMs = 60_000;
const stops = [];

/** Starts a server and waits until `ready` no longer fails. It is killed by `signal` in the end: its data is thrown away. */
export async function startServer(command, args, { ready, signal = "SIGKILL", ...options }) {
  const server = spawn(command, args, { ...options, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  server.stderr.on("data", (text) => (said = `${said}${text}`.slice(-2000)));
  const over = new Promise((resolve) => server.once("close", resolve).once("error", resolve));
  stops.push(() => (server.kill(signal) ? over : undefined));
  let ended = false;
  void over.then(() => (ended = true));
  const until = Date.now() + startsWithinMs;
  for (;;) {
    try {
      return await ready();
    } catch (cause) {
      if (ended || Date.now() > until) throw new Error(`${command} did not start: ${said}`, { cause });
      await pause(50);
    }
  }
}

export async function stopServers() {
  for (const stop of stops.splice(0)) await stop();
}
