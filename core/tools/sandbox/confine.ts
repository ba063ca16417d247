// The walls around a command: what of the machine is mounted into an empty root, and what is laid over it. Bubblewrap on
// Linux; nowhere else yet.
import { existsSync, lstatSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join } from "node:path";
import type { SandboxProfile } from "../../contract/sandbox.ts";
import { isPrivate, obeyedNames } from "../../security/guarded-names.ts";

export interface Walls {
  readonly profile: SandboxProfile;
  /** Absolute, links resolved. */
  readonly workspace: string;
  /** Where the command starts; inside the workspace. */
  readonly folder: string;
  /** Further folders that it may read, such as where a language is installed. */
  readonly readable: readonly string[];
  /** The socket of its only way out; no network at all without. */
  readonly egress?: string | undefined;
}

/** By their absolute paths only: one of the same name in the workspace must never be taken. */
const programs = {
  bubblewrap: ["/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"],
  limiter: ["/usr/bin/prlimit", "/bin/prlimit"],
  bridge: ["/usr/bin/socat", "/bin/socat", "/usr/local/bin/socat"],
} as const;

/** Undefined where it is not installed, or where others than root could have put it there. */
export function trustedProgram(name: keyof typeof programs): string | undefined {
  return programs[name].find(isTrusted);
}

/** Whether it is a program that only root could have put there. */
export function isTrusted(path: string): boolean {
  const info = statSync(path, { throwIfNoEntry: false });
  return info?.isFile() === true && info.uid === 0 && (info.mode & 0o022) === 0;
}

/** Of one command: processes at once, the longest file it may write, and its processor time. */
const limits = ["--nproc=512", `--fsize=${1024 ** 3}`, "--cpu=600", "--core=0"];

const scratchBytes = 512 * 1024 ** 2;
/** Nobody, alone, with an empty environment, a /proc and /dev of its own, and a /tmp that goes with it. */
const apart =
  `--unshare-all --die-with-parent --new-session --clearenv --cap-drop ALL --uid 65534 --gid 65534 --hostname sandbox --proc /proc --dev /dev --size ${scratchBytes} --tmpfs /tmp --dir /tmp/home`.split(
    " ",
  );

/** The whole argument list: bubblewrap's own, then the limits, then `argv`. */
export function confined(walls: Walls, argv: readonly string[]): Confined | undefined {
  const { profile, workspace, folder, egress } = walls;
  const mounts = [
    ...walls.readable.flatMap((path) => readableMount(path)),
    ...(profile === "read-only" ? ["--ro-bind", workspace, workspace] : ["--bind", workspace, workspace]),
    ...coverings(workspace, profile),
  ];
  return behindWalls({ mounts, folder, limits, egress }, argv);
}

export interface Confined {
  readonly file: string;
  readonly args: string[];
}

/** Undefined where a program that is needed for it is missing. */
export function behindWalls(
  walls: {
    /** What it sees besides installed programs, as bubblewrap's arguments. */
    readonly mounts: readonly string[];
    readonly folder: string;
    /** The limiter's arguments. */
    readonly limits: readonly string[];
    readonly egress: string | undefined;
  },
  argv: readonly string[],
): Confined | undefined {
  const file = trustedProgram("bubblewrap");
  const limit = trustedProgram("limiter");
  const bridge = trustedProgram("bridge");
  const { mounts, folder, egress } = walls;
  if (!file || !limit || (egress !== undefined && !bridge)) return undefined;
  const out = egress === undefined ? [] : ["--ro-bind", egress, socketInside];
  const variables = Object.entries(egress === undefined ? environment : { ...environment, ...proxied });
  const args = [
    ...apart,
    ...systemMounts(),
    ...mounts,
    ...out,
    "--chdir",
    folder,
    ...variables.flatMap(([name, value]) => ["--setenv", name, value]),
    "--",
    limit,
    ...walls.limits,
    "--",
    ...(egress === undefined || !bridge ? [] : ["/bin/bash", "-c", bridged, "bridge", bridge]),
    ...argv,
  ];
  return { file, args };
}

const environment: Readonly<Record<string, string>> = {
  PATH: "/usr/local/bin:/usr/bin:/bin",
  HOME: "/tmp/home",
  TMPDIR: "/tmp",
  LANG: "C.UTF-8",
  TERM: "dumb",
  NO_COLOR: "1",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
};

const socketInside = "/tmp/.egress";
const bridgePort = 3128;
/** Where the way out is found inside; to whoever does not know of it there is no network. */
export const proxyInside = `http://127.0.0.1:${bridgePort}`;
const proxied: Readonly<Record<string, string>> = Object.fromEntries(
  ["http_proxy", "https_proxy", "all_proxy"].flatMap((name) => [
    [name, proxyInside],
    [name.toUpperCase(), proxyInside],
  ]),
);
/** Carries the port over to the socket, and waits until it does before the command begins. */
const bridged = [
  `"$1" TCP4-LISTEN:${bridgePort},bind=127.0.0.1,reuseaddr,fork UNIX-CONNECT:${socketInside} </dev/null >/dev/null 2>&1 &`,
  "shift",
  `for try in {1..500}; do (exec 3<>/dev/tcp/127.0.0.1/${bridgePort}) 2>/dev/null && break; sleep 0.01; done`,
  'exec "$@"',
].join("\n");

/** Programs and their libraries, and of /etc only what they need to start. */
function systemMounts(): string[] {
  const top = ["/bin", "/sbin", "/lib", "/lib32", "/lib64"].flatMap((path) => {
    const info = lstatSync(path, { throwIfNoEntry: false });
    if (!info) return [];
    return info.isSymbolicLink() ? ["--symlink", realpathSync(path).replace(/^\//, ""), path] : ["--ro-bind", path, path];
  });
  const settings = ["/etc/alternatives", "/etc/ld.so.cache", "/etc/ssl/certs", "/etc/localtime"].filter((path) => existsSync(path));
  return ["--ro-bind", "/usr", "/usr", ...top, ...settings.flatMap((path) => ["--ro-bind", realpathSync(path), path])];
}

function readableMount(path: string): string[] {
  try {
    const real = realpathSync(path);
    return ["--ro-bind", real, real];
  } catch {
    return [];
  }
}

/** Lays nothing over files that hold secrets, and makes those read-only that other programs obey. */
function coverings(workspace: string, profile: SandboxProfile): string[] {
  const found = privateIn(workspace).flatMap(({ path, folder }) => (folder ? ["--tmpfs", path] : ["--ro-bind", "/dev/null", path]));
  if (profile === "read-only") return found;
  const obeyed = obeyedIn(workspace).flatMap((path) => ["--ro-bind", path, path]);
  return [...found, ...obeyed];
}

/** Those that are there and are no links: a link is judged by where it leads, which is mounted or not. */
export function obeyedIn(workspace: string): string[] {
  return obeyedNames
    .map((name) => join(workspace, name))
    .filter((path) => {
      const info = lstatSync(path, { throwIfNoEntry: false });
      return info !== undefined && !info.isSymbolicLink();
    });
}

const mostLookedAt = 5000;
const deepest = 3;
const notLookedInto = new Set(["node_modules", ".git", "dist", "build", "target", ".venv"]);

function privateIn(workspace: string): { path: string; folder: boolean }[] {
  const found: { path: string; folder: boolean }[] = [];
  let looked = 0;
  const look = (folder: string, depth: number) => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if ((looked += 1) > mostLookedAt) return;
      const path = join(folder, entry.name);
      if (isPrivate(path)) {
        if (entry.isFile() || entry.isDirectory()) found.push({ path, folder: entry.isDirectory() });
      } else if (entry.isDirectory() && depth < deepest && !notLookedInto.has(entry.name)) look(path, depth + 1);
    }
  };
  look(workspace, 1);
  return found;
}
