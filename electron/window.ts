// The workbench's window: sandboxed, isolated, shown when it has something to show.
import { join } from "node:path";
import { app, BrowserWindow, nativeTheme, screen } from "electron";
import { appOrigin } from "./app-scheme.ts";
import { fitToDisplays, readWindowState, writeWindowState } from "./window-state.ts";

/** The ground of both themes, as in renderer/ui/theme.css; painted before the page is. */
const ground = { dark: "#0c0d0f", light: "#f3f4f5" };

export function openWindow(preload: string): BrowserWindow {
  const file = join(app.getPath("userData"), "window.json");
  const state = fitToDisplays(
    readWindowState(file),
    screen.getAllDisplays().map(({ workArea }) => workArea),
  );
  const { maximised, x, y, width, height } = state;
  const window = new BrowserWindow({
    width,
    height,
    ...(x !== undefined && y !== undefined
      ? {
          x,
          y,
        }
      : {}),
    minWidth: 800,
    minHeight: 560,
    show: false,
    title: "BotMojo",
    autoHideMenuBar: true,
    backgroundColor: nativeTheme.shouldUseDarkColors ? ground.dark : ground.light,
    webPreferences: {
      preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      navigateOnDragDrop: false,
      spellcheck: false,
    },
  });
  if (maximised) window.maximize();
  window.once("ready-to-show", () => window.show());
  window.on("close", () => {
    writeWindowState(file, { ...window.getNormalBounds(), maximised: window.isMaximized() });
  });
  void window.loadURL(`${appOrigin}/index.html`);
  return window;
}
