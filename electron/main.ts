// The desktop's main process: one instance for each data directory, one window, one core host beside it.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { app, BrowserWindow, ipcMain, MessageChannelMain, Notification, session, type IpcMainEvent } from "electron";
import { registerScheme, serveScheme } from "./app-scheme.ts";
import { dataDirOf, refusedSwitch } from "./arguments.ts";
import { channels } from "./channels.ts";
import { startCoreHost, type CoreHost, type DueReminder, type HostNews } from "./core-host.ts";
import { hardenContents, hardenSession, isOwnFrame } from "./hardening.ts";
import { setMenu } from "./menu.ts";
import { openWindow } from "./window.ts";

const dist = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const refused = app.isPackaged ? refusedSwitch(process.argv.slice(1)) : undefined;
if (refused) {
  process.stderr.write(`BotMojo does not start with ${refused}: it would open the app to others.\n`);
  app.exit(78);
} else {
  start(dataDirOf(process.argv.slice(1), process.env, process.platform));
}

function start(dataDir: string): void {
  const userData = join(dataDir, "window");
  try {
    mkdirSync(userData, { recursive: true, mode: 0o700 });
    app.setPath("userData", userData);
  } catch {
    // The data directory can't be used; the core host will say why in the window, which then keeps nothing.
    app.setPath("userData", join(app.getPath("temp"), `botmojo-window-${process.pid}`));
  }
  registerScheme();
  // Chromium can't sandbox for root; a released app refuses the switch, so this is for a developer's machine alone.
  if (!app.commandLine.hasSwitch("no-sandbox")) app.enableSandbox();
  hardenContents();
  if (!app.requestSingleInstanceLock()) {
    process.stderr.write("BotMojo is open already; its window is brought to the front.\n");
    app.exit(0);
    return;
  }
  let host: CoreHost | undefined;
  app.on("second-instance", bringToFront);
  app.on("window-all-closed", () => app.quit());
  app.on("before-quit", (event) => {
    if (!host) return;
    event.preventDefault();
    const closing = host;
    host = undefined;
    void closing.close().finally(() => app.quit());
  });
  void app.whenReady().then(() => {
    setMenu();
    hardenSession(session.defaultSession);
    serveScheme(session.defaultSession, dist("renderer"));
    host = startCoreHost({
      entry: dist("host/host-process.js"),
      env: { ...process.env, ...packedAddon(), BOTMOJO_DATA_DIR: dataDir },
      tell,
      remind,
    });
    listen(host);
    openWindow(dist("preload/preload.cjs"));
  });
}

/** The SQLite addon that was packed for this very runtime, where its prebuilt one does not fit. */
function packedAddon(): NodeJS.ProcessEnv {
  const addon = join(process.resourcesPath, "better_sqlite3.node");
  return app.isPackaged && existsSync(addon) ? { BOTMOJO_SQLITE_ADDON: addon } : {};
}

function bringToFront(): void {
  const [window] = BrowserWindow.getAllWindows();
  if (window?.isMinimized()) window.restore();
  window?.focus();
}

/** Held here while they are on show, or a click on one would find nobody. */
const shown = new Set<Notification>();

/** By the system too, since the window may be behind others; it shows reminders by itself. */
function remind({ text, late }: DueReminder): void {
  if (!Notification.isSupported()) return;
  const notification = new Notification({ title: late ? "A reminder, late" : "A reminder", body: text.slice(0, 300) });
  shown.add(notification);
  notification.on("click", bringToFront);
  notification.on("close", () => shown.delete(notification));
  notification.show();
}

let lastFailure: HostNews | undefined;

function tell(news: HostNews): void {
  lastFailure = news.type === "host.failed" ? news : undefined;
  for (const window of BrowserWindow.getAllWindows()) window.webContents.send(channels.news, news);
}

function listen(host: CoreHost): void {
  const fromOwnPage = (act: (event: IpcMainEvent) => void) => (event: IpcMainEvent) => {
    if (isOwnFrame(event.senderFrame)) act(event);
  };
  ipcMain.on(
    channels.connect,
    fromOwnPage((event) => {
      host.connect(() => {
        const { port1, port2 } = new MessageChannelMain();
        if (!event.sender.isDestroyed()) event.sender.postMessage(channels.port, null, [port2]);
        return port1;
      });
      if (lastFailure) event.sender.send(channels.news, lastFailure);
    }),
  );
  ipcMain.on(
    channels.retry,
    fromOwnPage(() => host.restart()),
  );
}
