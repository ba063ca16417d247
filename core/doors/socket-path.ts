// Where a data directory's host listens for other doors of the same person.
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join, resolve } from "node:path";

/** Unix limits a socket's path to 107 bytes (macOS: 103). */
const longest = 100;

export function socketPath(dataDir: string, platform: NodeJS.Platform): string {
  const id = createHash("sha256").update(resolve(dataDir)).digest("hex").slice(0, 16);
  if (platform === "win32") return `\\\\.\\pipe\\botmojo-${id}`;
  const beside = join(resolve(dataDir), "host.sock");
  if (Buffer.byteLength(beside) <= longest) return beside;
  const folder = join(tmpdir(), `botmojo-${userInfo().uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return join(folder, `${id}.sock`);
}
