// The workbench's built files, as a closed list read once: nothing outside it can be asked for.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fail } from "../contract/failure.ts";

export interface SiteFile {
  readonly type: string;
  readonly bytes: () => Buffer;
}

/** By path, `/index.html`. */
export type Site = ReadonlyMap<string, SiteFile>;

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ttf": "font/ttf",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};

/** Scripts only from our own files; styles may be inline because Monaco and xterm write them. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

export const siteHeaders = {
  "Content-Security-Policy": contentSecurityPolicy,
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
} as const;

/** @throws FailureError `not.found` when the workbench was not built */
export function readSite(dir: string): Site {
  if (!existsSync(join(dir, "index.html"))) {
    throw fail("not.found", "The workbench's files are not built.", "Run npm start once, or node electron/setup/build.ts.");
  }
  const site = new Map<string, SiteFile>();
  for (const entry of readdirSync(dir, { withFileTypes: true, recursive: true })) {
    const type = types[extname(entry.name)];
    if (!entry.isFile() || !type) continue;
    const path = join(entry.parentPath, entry.name);
    site.set(path.slice(dir.length).replaceAll("\\", "/"), { type, bytes: () => readFileSync(path) });
  }
  return site;
}
