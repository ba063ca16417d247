// Which browser there is on this machine for agents, or why they have none.
import { dirname, isAbsolute } from "node:path";
import { realpathSync, statSync } from "node:fs";
import { isTrusted, trustedProgram } from "../sandbox/confine.ts";

/** The programs themselves, not the scripts that start them with a person's own settings. */
const places = [
  "/usr/lib/chromium/chromium",
  "/usr/lib/chromium-browser/chromium-browser",
  "/usr/lib64/chromium-browser/chromium-browser",
  "/opt/google/chrome/chrome",
  "/opt/microsoft/msedge/msedge",
];

export interface FoundBrowser {
  readonly file: string;
  /** Where what belongs to it lies. */
  readonly folder: string;
}

/** `named`: an absolute path that a person set; empty for a browser at one of the well-known places. */
export function findBrowser(named: string): FoundBrowser | undefined {
  const file = named === "" ? places.find(isTrusted) : programAt(named);
  return file === undefined ? undefined : { file, folder: dirname(file) };
}

function programAt(path: string): string | undefined {
  const info = isAbsolute(path) ? statSync(path, { throwIfNoEntry: false }) : undefined;
  return info?.isFile() && (info.mode & 0o111) !== 0 ? realpathSync(path) : undefined;
}

/** Why agents have no browser, and what to do; undefined when they have one. */
export function whyNoBrowser(named: string): string | undefined {
  if (process.platform !== "linux") return "The browser is off: it runs behind walls that are there on Linux only so far.";
  const missing = [
    ...(trustedProgram("bubblewrap") ? [] : ["bubblewrap"]),
    ...(trustedProgram("limiter") ? [] : ["util-linux"]),
    ...(trustedProgram("bridge") ? [] : ["socat"]),
    ...(findBrowser(named) || named !== "" ? [] : ["chromium"]),
  ];
  if (missing.length > 0)
    return `The browser is off: this machine has no ${missing.join(", ")}. Install it: sudo apt install ${missing.join(" ")}`;
  return findBrowser(named) ? undefined : `The browser is off: there is no program ${named}. Correct browser.path.`;
}
