// The import law: rooms stand on a ladder, and each may import only the rooms below it.
const ladder = [
  "contract",
  "system",
  "telemetry",
  "config",
  "security",
  "store",
  "queue",
  "models",
  "memory",
  "tools",
  "review",
  "agents",
  "messaging",
  "planning",
  "runs",
  "profiler",
  "learning",
  "scenarios",
  "reference",
  "bench",
  "doors",
];
const rungs = ladder.map((room, index) => ({
  name: `ladder-${room}`,
  comment: `core/${room} may import only the rooms below it.`,
  severity: "error",
  from: { path: `^core/${room}/` },
  to: { path: `^core/(?:${ladder.slice(index + 1).join("|") || "nothing"})/|^core/(?:core|index)\\.ts$` },
}));

export default {
  forbidden: [
    ...rungs,
    { name: "no-circles", severity: "error", from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } } },
    {
      name: "contract-alone",
      comment: "The contract knows zod and oRPC's contract, no Node, nothing of ours.",
      severity: "error",
      from: { path: "^core/contract/" },
      to: { pathNot: "^core/contract/|node_modules/(?:zod|@orpc/contract)/" },
    },
    {
      name: "one-database",
      comment: "Only core/store/database.ts knows which SQLite this is.",
      severity: "error",
      from: { pathNot: "^core/store/database\\.ts$" },
      to: { path: "better-sqlite3" },
    },
    {
      name: "two-doors",
      comment: "Outside core, only core/index.ts and core/contract/index.ts are to be imported.",
      severity: "error",
      from: { path: "^(?:electron|bin)/" },
      to: { path: "^core/", pathNot: "^core/(?:contract/)?index\\.ts$" },
    },
    {
      name: "window-knows-the-contract",
      severity: "error",
      from: { path: "^renderer/" },
      to: { path: "^(?:core|electron|bin)/", pathNot: "^core/contract/index\\.ts$" },
    },
    { name: "core-knows-no-shell", severity: "error", from: { path: "^core/" }, to: { path: "^(?:electron|renderer|bin|tests)/" } },
    {
      name: "views-apart",
      comment: "One view never imports another.",
      severity: "error",
      from: { path: "^renderer/views/([^/]+)" },
      to: { path: "^renderer/views/", pathNot: "^renderer/views/$1" },
    },
    {
      name: "electron-stays-outside",
      severity: "error",
      from: { path: "^(?:core|renderer|bin)/" },
      to: { path: "node_modules/electron/" },
    },
    {
      name: "resolvable",
      severity: "error",
      from: {},
      to: {
        couldNotResolve: true,
        pathNot: "\\?worker$|^monaco-editor|^@fontsource|^chrono-node|^@orpc|^@ai-sdk|^better-sqlite3|\\.css$|^@xyflow",
      },
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^dist/" },
    enhancedResolveOptions: {
      extensions: [".ts", ".tsx", ".js", ".mjs"],
      conditionNames: ["node", "import", "module", "default"],
      exportsFields: ["exports"],
    },
  },
};
