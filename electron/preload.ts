// All that the page gets from the desktop: a way to ask for its port, and news of the host. Frozen by the bridge.
import { contextBridge, ipcRenderer } from "electron";
import { channels } from "./channels.ts";

const origin = "app://ui";

ipcRenderer.on(channels.port, (event) => {
  window.postMessage({ type: "botmojo:port" }, origin, event.ports);
});

contextBridge.exposeInMainWorld("botmojo", {
  connect: () => ipcRenderer.send(channels.connect),
  retry: () => ipcRenderer.send(channels.retry),
  onHost: (listener: (news: unknown) => void) => {
    const pass = (_event: unknown, news: unknown) => listener(news);
    ipcRenderer.on(channels.news, pass);
    return () => ipcRenderer.off(channels.news, pass);
  },
  platform: process.platform,
});
