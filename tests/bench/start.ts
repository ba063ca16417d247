// Launch to a usable window against the same Electron with an empty page, and a command against an empty Node.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { _electron } from "@playwright/test";
import { prepareDesktop } from "../../electron/setup/desktop.ts";
import { root } from "../../electron/setup/places.ts";

const rounds = 7;

interface Figure {
  readonly ms: number;
  /** Proportional set size of all of its processes. */
  readonly mb: number;
}

export async function benchStart(): Promise<void> {
  if (!process.env["DISPLAY"]) {
    const again = spawnSync("xvfb-run", ["-a", process.execPath, join(root, "tests", "bench", "run.ts"), "start"], { stdio: "inherit" });
    process.exitCode = again.status ?? 1;
    return;
  }
  const { runtime, env } = await prepareDesktop(["screen"]);
  // Playwright finds the runtime by the environment of this process.
  Object.assign(process.env, env);
  const folder = mkdtempSync(join(tmpdir(), "botmojo-bench-"));
  const empty = join(folder, "empty");
  writeEmptyApp(empty);
  const open = async (app: string, ready: string, round: number): Promise<Figure> => {
    const from = performance.now();
    const args = [
      app,
      "--no-sandbox",
      "--disable-gpu",
      "--data-dir",
      join(folder, `data-${round}`),
      `--user-data-dir=${join(folder, `user-${round}`)}`,
    ];
    const launched = await _electron.launch({ args, env: process.env as Record<string, string> });
    const page = await launched.firstWindow();
    await page.locator(ready).first().waitFor();
    const ms = performance.now() - from;
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const mb = memoryOf(launched.process().pid ?? 0);
    await launched.close();
    return { ms, mb };
  };
  const ours: Figure[] = [];
  const floor: Figure[] = [];
  for (let round = 0; round <= rounds; round += 1) {
    const pair = [await open(empty, "body", round), await open(root, "text=Run it", round)] as const;
    if (round === 0) continue;
    floor.push(pair[0]);
    ours.push(pair[1]);
  }
  const time = (figures: readonly Figure[]) => median(figures.map(({ ms }) => ms));
  const size = (figures: readonly Figure[]) => median(figures.map(({ mb }) => mb));
  const goal = "Lunch with Sara tomorrow at 1pm at Chipotle, paid $23.50, remember she is vegetarian";
  const botmojo = join(root, "bin", "botmojo");
  const commands = Array.from({ length: rounds + 1 }, (_, round) => {
    const data = join(folder, `cli-${round}`);
    return [timed(process.execPath, ["-e", "0"]), timed(botmojo, ["--data-dir", data, "--quiet", "run", goal])] as const;
  }).slice(1);
  const node = median(commands.map(([ms]) => ms));
  const command = median(commands.map(([, ms]) => ms));
  rmSync(folder, { recursive: true, force: true });

  const line = (what: string, value: number, base: number, unit: string) =>
    process.stdout.write(
      `${what.padEnd(28)} ${value.toFixed(0).padStart(6)} ${unit}   floor ${base.toFixed(0).padStart(6)} ${unit}   ratio ${(value / base).toFixed(2)}\n`,
    );
  process.stdout.write(`Electron ${runtime.version} (${runtime.source}), Node ${process.version}, medians of ${rounds}, pair by pair\n`);
  line("launch to usable window", time(ours), time(floor), "ms");
  line("memory, all processes (PSS)", size(ours), size(floor), "MB");
  line("command, whole process", command, node, "ms");
}

function writeEmptyApp(folder: string): void {
  const made = spawnSync("mkdir", ["-p", folder]);
  if (made.status !== 0) throw new Error("the empty app's folder could not be made");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "empty", version: "1.0.0", main: "main.js" }));
  writeFileSync(
    join(folder, "main.js"),
    'const { app, BrowserWindow } = require("electron"); app.whenReady().then(() => new BrowserWindow({ width: 1440, height: 900 }).loadURL("data:text/html,<body>empty</body>"));',
  );
}

/** The process and all below it, in megabytes. */
function memoryOf(pid: number): number {
  const parents = readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      return [[Number(name), Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1])] as const];
    } catch {
      return [];
    }
  });
  const family = [pid];
  for (const member of family) for (const [child, parent] of parents) if (parent === member) family.push(child);
  const kilobytes = family.map((member) => {
    try {
      return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${member}/smaps_rollup`, "utf8"))?.[1] ?? 0);
    } catch {
      return 0;
    }
  });
  return kilobytes.reduce((sum, value) => sum + value, 0) / 1024;
}

function timed(program: string, args: readonly string[]): number {
  const from = performance.now();
  const { status } = spawnSync(program, args, { cwd: root });
  if (status !== 0) throw new Error(`${program} exited with ${status}`);
  return performance.now() - from;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
