import { cpSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../../electron/setup/places.ts";
import { importBreaches } from "../../import-law.ts";
import { temporaryFolder } from "../../support/core.ts";

test.each([
  ["core/store/breach.ts", 'import "../doors/rooms.ts";\n', "ladder-store"],
  ["core/contract/breach.ts", 'import "node:fs";\n', "contract-alone"],
  ["core/memory/breach.ts", 'import "better-sqlite3";\n', "one-database"],
  ["renderer/state/breach.ts", 'import "../../core/store/database.ts";\n', "window-knows-the-contract"],
  ["electron/breach.ts", 'import "../core/store/database.ts";\n', "two-doors"],
])("A1: a planted breach in %s is caught by name", async (file, text, rule) => {
  const folder = temporaryFolder();
  for (const room of ["core", "electron", "renderer", "bin", "package.json", "tsconfig.base.json"])
    cpSync(join(root, room), join(folder, room), { recursive: true });
  mkdirSync(join(folder, "node_modules"));
  for (const name of ["zod", "@orpc", "better-sqlite3"])
    cpSync(join(root, "node_modules", name, "package.json"), join(folder, "node_modules", name, "package.json"), {
      force: true,
      errorOnExist: false,
      recursive: true,
      filter: () => name !== "@orpc",
    });
  writeFileSync(join(folder, file), text);
  const { breaches } = await importBreaches(folder);
  expect(breaches.filter((breach) => breach.includes("breach.ts") && breach.startsWith(rule))).toHaveLength(1);
});
