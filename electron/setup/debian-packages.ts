// Debian packages that the window, the addon's build, the browser tests and the benchmark's peers need; installed when we may.
import { existsSync } from "node:fs";
import { run } from "./commands.ts";
import { say, SetupStop } from "./say.ts";

const packages = {
  window: ["libgtk-3-0", "libnss3", "libasound2", "libgbm1", "fonts-dejavu-core", "ca-certificates"],
  screen: ["xvfb", "xauth"],
  addon: ["g++", "make", "python3"],
  browser: ["chromium"],
  files: ["git"],
  database: ["postgresql"],
  // To see which system calls a process makes, to stop it at one, and to take its network away.
  tracing: ["strace", "util-linux", "iproute2"],
  durability: ["gcc", "libc6-dev"],
  // Walls around the commands that tools run.
  sandbox: ["bubblewrap", "util-linux", "socat"],
} as const;

export type Purpose = keyof typeof packages;

/** The wanted packages that `dpkg-query -W -f '${Package} ${db:Status-Status} ${Provides}\n'` does not list as installed. */
export function missingPackages(wanted: readonly string[], listing: string): string[] {
  const installed = new Set<string>();
  for (const line of listing.split("\n")) {
    const [name = "", status, ...provides] = line.split(/[\s,]+/);
    if (status !== "installed") continue;
    for (const provided of [name, ...provides]) installed.add(provided);
  }
  return wanted.filter((name) => !installed.has(name));
}

/** @throws SetupStop with the exact line to type when something is missing and we are not root */
export function ensurePackages(purposes: readonly Purpose[]): void {
  const wanted = purposes.flatMap((purpose) => packages[purpose]);
  if (process.platform !== "linux") return;
  if (!existsSync("/usr/bin/dpkg-query")) {
    say(`this is no Debian system; it needs the equivalents of ${wanted.join(" ")}`);
    return;
  }
  const listing = run("dpkg-query", ["-W", "-f", "${Package} ${db:Status-Status} ${Provides}\\n"]).stdout;
  const missing = missingPackages(wanted, listing);
  if (missing.length === 0) return;
  const line = `apt-get install -y --no-install-recommends ${missing.join(" ")}`;
  if (process.getuid?.() !== 0) {
    throw new SetupStop(`packages are missing. Install them, then start again:\n\n  sudo apt-get update && sudo ${line}\n`);
  }
  say(`installing Debian packages: ${missing.join(" ")}`);
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const updated = run("apt-get", ["update"], { env });
  const installed = run("apt-get", line.split(" ").slice(1), { env });
  if (installed.code !== 0) {
    const last = `${updated.stderr}\n${installed.stderr}`.trim().split("\n").slice(-5).join("\n");
    throw new SetupStop(`apt-get could not install ${missing.join(" ")}:\n${last}`);
  }
}
