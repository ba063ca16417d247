// What web content may not do here: leave its page, open windows, ask for the camera, talk to the network.
import { app, dialog, shell, type Session, type WebFrameMain } from "electron";
import { appOrigin } from "./app-scheme.ts";

export function hardenSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer) => answer(permission === "clipboard-sanitized-write"));
  session.setPermissionCheckHandler((_contents, permission) => permission === "clipboard-sanitized-write");
  session.setDevicePermissionHandler(() => false);
  session.webRequest.onBeforeRequest((details, answer) => {
    answer({ cancel: !/^(?:app:\/\/ui\/|devtools:|data:|blob:app:\/\/ui\/)/.test(details.url) });
  });
}

/** Guards every web content that is ever made, not only the window's. */
export function hardenContents(): void {
  app.on("web-contents-created", (_event, contents) => {
    contents.setWindowOpenHandler(({ url }) => {
      void openOutside(url);
      return { action: "deny" };
    });
    const stay = (event: { preventDefault(): void }) => event.preventDefault();
    contents.on("will-navigate", stay);
    contents.on("will-redirect", stay);
    contents.on("will-frame-navigate", stay);
    contents.on("will-attach-webview", stay);
    if (app.isPackaged) contents.on("devtools-opened", () => contents.closeDevTools());
  });
}

/** The one way out: a web or mail address, opened in the system's browser once a person has seen its host. */
async function openOutside(address: string): Promise<void> {
  if (!URL.canParse(address)) return;
  const { protocol, host, username, password, href, pathname } = new URL(address);
  if (!["https:", "mailto:"].includes(protocol) || username || password) return;
  const { response } = await dialog.showMessageBox({
    type: "question",
    message: `Open ${host || pathname} in your browser?`,
    buttons: ["Open", "Cancel"],
    defaultId: 1,
    cancelId: 1,
  });
  if (response === 0) await shell.openExternal(href);
}

/** Whether a message comes from our own page's top frame. */
export function isOwnFrame(frame: WebFrameMain | null): boolean {
  return frame !== null && frame.parent === null && frame.url.startsWith(`${appOrigin}/`);
}
