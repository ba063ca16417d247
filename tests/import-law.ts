// Checks the import law and that the checker saw every source file: a reader that sees none shows green.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { cruise, type ICruiseOptions, type ICruiseResult } from "dependency-cruiser";

interface Law {
  readonly forbidden: NonNullable<NonNullable<ICruiseOptions["ruleSet"]>["forbidden"]>;
  readonly options: ICruiseOptions;
}

const rooms = ["core", "electron", "renderer", "bin"];

/** One sentence a breach; the tree lies at `root`. */
export async function importBreaches(root: string): Promise<{ breaches: string[]; modules: number }> {
  const lawFile = new URL("../.dependency-cruiser.mjs", import.meta.url);
  const { default: law } = (await import(pathToFileURL(lawFile.pathname).href)) as { default: Law };
  const present = rooms.filter((room) => readdirSync(root).includes(room));
  const { output } = await cruise(present, { ...law.options, baseDir: root, validate: true, ruleSet: { forbidden: law.forbidden } });
  const { modules, summary } = output as ICruiseResult;
  const seen = modules.filter(({ source }) => rooms.some((room) => source.startsWith(`${room}/`))).length;
  const there = present.flatMap((room) => sourcesBelow(join(root, room))).length;
  const breaches = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
  if (seen < there) breaches.push(`the checker saw ${seen} of ${there} source files, so its silence proves nothing`);
  return { breaches, modules: seen };
}

function sourcesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /(?<!\.d)\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}
