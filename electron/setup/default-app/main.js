// Lets `electron FOLDER` run an app's folder: reads the folder from the arguments, takes its name and version, and
// imports its main file before "ready", so that the app can still register its schemes.
import { app } from "electron";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const args = process.argv.slice(1);
const require = createRequire(import.meta.url);
let folder;
for (let index = 0; index < args.length; index += 1) {
  if (args[index] === "-r" || args[index] === "--require") require(args[(index += 1)]);
  else if (!args[index].startsWith("-") && folder === undefined) folder = resolve(args[index]);
}
if (folder === undefined) {
  process.stderr.write("Name the app's folder: electron FOLDER\n");
  app.exit(2);
} else {
  const described = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  app.setName(described.productName ?? described.name ?? "Electron");
  app.setVersion(described.version ?? "0.0.0");
  app.setAppPath(folder);
  await import(pathToFileURL(join(folder, described.main)).href);
}
