// `npm run check`: import law, types, lint, format, dead code; a line each with its seconds.
import { join } from "node:path";
import { run } from "../electron/setup/commands.ts";
import { root } from "../electron/setup/places.ts";
import { importBreaches } from "./import-law.ts";

const tool = (path: string, ...args: string[]) => {
  const { code, stdout, stderr } = run(process.execPath, [join(root, "node_modules", path), ...args], { cwd: root });
  return { ok: code === 0, says: `${stdout}${stderr}`.trim() };
};
const projects = ["core/contract", "core", "electron", "renderer", "bin", "tests"];

const checks: readonly { name: string; work: () => { ok: boolean; says: string } | Promise<{ ok: boolean; says: string }> }[] = [
  {
    name: "import law",
    work: async () => {
      const { breaches, modules } = await importBreaches(root);
      return { ok: breaches.length === 0, says: breaches.length === 0 ? `${modules} modules` : breaches.join("\n") };
    },
  },
  ...projects.map((project) => ({ name: `types ${project}`, work: () => tool("typescript/bin/tsc", "-p", project) })),
  { name: "lint", work: () => tool("oxlint/bin/oxlint", "--type-aware", "--deny-warnings") },
  { name: "format", work: () => tool("oxfmt/bin/oxfmt", "--check") },
  { name: "dead code", work: () => tool("knip/bin/knip.js") },
];

let failed = 0;
for (const { name, work } of checks) {
  const from = performance.now();
  const { ok, says } = await work();
  const seconds = ((performance.now() - from) / 1000).toFixed(1);
  process.stdout.write(
    `${ok ? "ok    " : "FAILED"}  ${name.padEnd(20)} ${seconds.padStart(5)} s${ok && !/^\d+ modules$/.test(says) ? "" : `  ${says}`}\n`,
  );
  if (!ok) failed += 1;
}
process.stdout.write(`check: ${checks.length - failed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
