// One browser behind walls: it sees no file of the person's and no network but the judged way out, and what it keeps goes
// with it.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { fail, failureOf } from "../../contract/failure.ts";
import type { MayDial } from "../../security/dial.ts";
import { behindWalls, proxyInside, type Confined } from "../sandbox/confine.ts";
import { openEgress, type Egress } from "../sandbox/egress.ts";
import type { FoundBrowser } from "./find.ts";

export interface Launched {
  readonly context: BrowserContext;
  readonly egress: Egress;
  /** What stands between a page and the machine, in words. */
  readonly walls: string;
  close(): Promise<void>;
}

const launchMs = 40_000;
const limits = [`--fsize=${1024 ** 3}`, "--core=0"];
const view = { width: 1280, height: 800 };

/** Obeyed by the browser whatever a page does; it also keeps it from calls of its own. */
const managed = {
  AutofillAddressEnabled: false,
  AutofillCreditCardEnabled: false,
  PasswordManagerEnabled: false,
  ComponentUpdatesEnabled: false,
  SearchSuggestEnabled: false,
  TranslateEnabled: false,
  MetricsReportingEnabled: false,
  NetworkPredictionOptions: 2,
  DnsOverHttpsMode: "off",
  QuicAllowed: false,
  BrowserSignin: 0,
  SyncDisabled: true,
  DownloadRestrictions: 3,
  DefaultNotificationsSetting: 2,
  DefaultGeolocationSetting: 2,
  DefaultPopupsSetting: 2,
  AudioCaptureAllowed: false,
  VideoCaptureAllowed: false,
  ScreenCaptureAllowed: false,
  URLBlocklist: ["file://*", "chrome://*", "devtools://*", "view-source:*", "ftp://*"],
};
const managedAt = ["/etc/chromium", "/etc/opt/chrome", "/etc/opt/edge"].map((folder) => `${folder}/policies/managed/botmojo.json`);

/** @throws FailureError `tool.failed` when it does not start, with its words */
export async function launchBrowser(
  browser: FoundBrowser,
  ways: { readonly mayReach: (host: string) => string | undefined; readonly mayDial: MayDial },
): Promise<Launched> {
  const { chromium } = await import("playwright-core");
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "botmojo-browser-")));
  const forget = () => rmSync(folder, { recursive: true, force: true });
  const socket = join(folder, "out");
  const rules = join(folder, "rules.json");
  const starter = join(folder, "start");
  let egress: Egress | undefined;
  try {
    writeFileSync(rules, JSON.stringify(managed));
    egress = await openEgress({ socket, mayReach: ways.mayReach, mayDial: ways.mayDial });
    const mounts = ["--ro-bind-try", "/etc/fonts", "/etc/fonts", "--ro-bind", browser.folder, browser.folder].concat(
      managedAt.flatMap((path) => ["--ro-bind", rules, path]),
    );
    const confined = behindWalls({ mounts, folder: "/tmp", limits, egress: socket }, [browser.file]);
    if (!confined) throw fail("denied", "There is no sandbox on this machine, so the browser is off.");
    writeFileSync(starter, scriptOf(confined), { mode: 0o700 });
    const start = (chromiumSandbox: boolean) =>
      chromium.launchPersistentContext(join(folder, "profile"), {
        executablePath: starter,
        artifactsDir: join(folder, "kept"),
        headless: true,
        chromiumSandbox,
        proxy: { server: proxyInside },
        args: ["--force-webrtc-ip-handling-policy=disable_non_proxied_udp", "--no-pings", "--disable-domain-reliability"],
        env: {},
        acceptDownloads: false,
        serviceWorkers: "block",
        permissions: [],
        viewport: view,
        handleSIGINT: false,
        handleSIGTERM: false,
        handleSIGHUP: false,
        timeout: launchMs,
      });
    let walls = "bubblewrap, and the browser's own sandbox";
    const context = await start(true).catch((error: unknown) => {
      // Some systems let no program behind walls make walls of its own; ours stand all the same.
      if (!/no usable sandbox|sandbox_host_linux|zygote/i.test(failureOf(error).message)) throw error;
      walls = "bubblewrap; the browser's own sandbox is off on this machine";
      return start(false);
    });
    const { close } = egress;
    return {
      context,
      egress,
      walls,
      async close() {
        await context.close().catch(() => {});
        await close();
      },
    };
  } catch (error) {
    await egress?.close();
    const { code, message } = failureOf(error);
    throw code === "internal" ? fail("tool.failed", `The browser does not start: ${message.slice(0, 2000)}`) : error;
  } finally {
    // All that is needed of it is mounted by now: nothing is left over when this host dies.
    forget();
  }
}

/** The only form in which a library that starts programs by their path alone can be given arguments of ours. */
function scriptOf({ file, args }: Confined): string {
  const quoted = [file, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`);
  return `#!/bin/sh\nexec ${quoted.join(" ")} "$@"\n`;
}
