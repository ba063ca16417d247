// One build for every environment: the window, the desktop's three processes, and the command line.
import react from "@vitejs/plugin-react";
import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig, type EnvironmentOptions, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const builtIns = [...builtinModules, ...builtinModules.map((name) => `node:${name}`)];

/** An `import` of node:http reads all that it exports, and with it loads the whole of fetch, a tenth of a second at every
 * start; asked for by name it loads alone. */
const httpAlone: Plugin = {
  name: "http-alone",
  enforce: "pre",
  resolveId: (id) => (/^(node:)?https?$/.test(id) ? `\0${id.replace(/^(node:)?/, "node:")}` : undefined),
  load: (id) => (/^\0node:https?$/.test(id) ? `module.exports = process.getBuiltinModule("${id.slice(1)}");` : undefined),
};

/** What can't be bundled: the runtime itself, the addon that is loaded by path, and a library that reads its own files. */
const external = ["electron", "better-sqlite3", "playwright-core", ...builtIns.filter((name) => !/^(node:)?https?$/.test(name))];

function nodeEnvironment(name: string, entry: string, format: "es" | "cjs" = "es"): EnvironmentOptions {
  const extension = format === "cjs" ? "cjs" : "js";
  return {
    consumer: "server",
    resolve: { conditions: ["node", "import", "module", "default"], noExternal: true, external, builtins: builtIns },
    build: {
      target: "node20.18",
      outDir: here(`dist/${name}`),
      emptyOutDir: true,
      copyPublicDir: false,
      minify: true,
      rollupOptions: {
        input: here(entry),
        external,
        output: { format, entryFileNames: `[name].${extension}`, chunkFileNames: `[name]-[hash].${extension}` },
      },
    },
  };
}

export default defineConfig({
  root: here("renderer"),
  publicDir: here("assets/public"),
  plugins: [react(), httpAlone],
  environments: {
    client: {
      build: {
        target: "chrome130",
        outDir: here("dist/renderer"),
        emptyOutDir: true,
        assetsInlineLimit: 0,
        modulePreload: { polyfill: false },
        chunkSizeWarningLimit: 8000,
      },
    },
    main: nodeEnvironment("main", "electron/main.ts"),
    preload: nodeEnvironment("preload", "electron/preload.ts", "cjs"),
    host: nodeEnvironment("host", "electron/host-process.ts"),
    cli: nodeEnvironment("cli", "bin/cli.ts"),
    sql: nodeEnvironment("sql", "core/tools/sql/query.worker.ts", "cjs"),
  },
  builder: {
    async buildApp(builder) {
      for (const environment of Object.values(builder.environments)) {
        if (environment.name !== "ssr") await builder.build(environment);
      }
    },
  },
});
