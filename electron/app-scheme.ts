// app://ui: the window's own origin. Serves the built files from a closed list; all else is not found.
import { protocol, type Session } from "electron";
import { readSite, siteHeaders } from "../core/index.ts";

export const appOrigin = "app://ui";

/** Must run before the app is ready. */
export function registerScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
  ]);
}

export function serveScheme(session: Session, siteDir: string): void {
  const site = readSite(siteDir);
  session.protocol.handle("app", (request) => {
    const { host, pathname } = new URL(request.url);
    const file = host === "ui" && request.method === "GET" ? site.get(pathname === "/" ? "/index.html" : pathname) : undefined;
    if (!file) return new Response("Not found", { status: 404, headers: { ...siteHeaders, "Content-Type": "text/plain" } });
    return new Response(new Uint8Array(file.bytes()), { headers: { ...siteHeaders, "Content-Type": file.type } });
  });
}
