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
}

/** By their absolute paths only: one of the same name in the workspace must never be taken. */
const bubblewrap = ["/usr/bin/bwrap", "/bin/bwrap", "/usr/local/bin/bwrap"];
const limiter = ["/usr/bin/prlimit", "/bin/prlimit"];

/** Undefined where it is not installed, or where others than root could have put it there. */
export function trustedProgram(name: "bubblewrap" | "limiter"): string | undefined {
  const paths = name === "bubblewrap" ? bubblewrap : limiter;
  return paths.find((path) => {
    const info = statSync(path, { throwIfNoEntry: false });
    return info?.isFile() === true && info.uid === 0 && (info.mode & 0o022) === 0;
  });
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
export function confined(walls: Walls, argv: readonly string[]): { file: string; args: string[] } | undefined {
  const file = trustedProgram("bubblewrap");
  const limit = trustedProgram("limiter");
  if (!file || !limit) return undefined;
  const { profile, workspace, folder } = walls;
  const args = [
    ...apart,
    ...systemMounts(),
    ...walls.readable.flatMap((path) => readableMount(path)),
    ...(profile === "read-only" ? ["--ro-bind", workspace, workspace] : ["--bind", workspace, workspace]),
    ...coverings(workspace, profile),
    "--chdir",
    folder,
    ...Object.entries(environment).flatMap(([name, value]) => ["--setenv", name, value]),
    "--",
    limit,
    ...limits,
    "--",
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
