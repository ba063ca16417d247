// `npm test`: everything, on a machine that it makes ready itself. Ends with a table and one closing line.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runHere } from "../electron/setup/commands.ts";
import { prepareDesktop } from "../electron/setup/desktop.ts";
import { root } from "../electron/setup/places.ts";
import { runSetup } from "../electron/setup/say.ts";

interface Part {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

await runSetup(async () => {
  const { runtime, env } = await prepareDesktop(["screen", "browser", "files", "tracing", "durability", "sandbox"]);
  const reports = mkdtempSync(join(tmpdir(), "botmojo-reports-"));
  const all = { ...process.env, ...env, NO_COLOR: "1" };
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const playwright = join(root, "node_modules", "@playwright", "test", "cli.js");

  const check = async (): Promise<Part> => {
    const from = performance.now();
    const code = await runHere(process.execPath, [join(root, "tests", "check.ts")], all);
    return { name: "check", passed: code === 0 ? 1 : 0, failed: code === 0 ? 0 : 1, seconds: (performance.now() - from) / 1000 };
  };
  const units =
    (name: string, program: string, project: string, more: NodeJS.ProcessEnv = {}) =>
    async (): Promise<Part> => {
      const file = join(reports, `${name.replaceAll(/\W/g, "-")}.json`);
      const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
      const args = [vitest, "run", "--config", join(root, "tests", "vitest.config.ts"), "--project", project, ...reporters];
      return timed(
        name,
        () => runHere(program, args, { ...all, ...more }),
        () => {
          const report = JSON.parse(readFileSync(file, "utf8")) as {
            numPassedTests: number;
            numFailedTests: number;
            numFailedTestSuites: number;
          };
          return { passed: report.numPassedTests, failed: report.numFailedTests || report.numFailedTestSuites };
        },
      );
    };
  const windows = (name: string, project: string) => async (): Promise<Part> => {
    const file = join(reports, `${project}.json`);
    const args = [
      playwright,
      "test",
      "--config",
      join(root, "tests", "playwright.config.ts"),
      "--project",
      project,
      "--reporter=list,json",
    ];
    const screen = ["-a", "-s", "-screen 0 1600x1000x24", process.execPath, ...args];
    return timed(
      name,
      () => runHere("xvfb-run", screen, { ...all, PLAYWRIGHT_JSON_OUTPUT_FILE: file }),
      () => {
        const { stats } = JSON.parse(readFileSync(file, "utf8")) as { stats: { expected: number; unexpected: number; flaky: number } };
        return { passed: stats.expected, failed: stats.unexpected + stats.flaky };
      },
    );
  };

  const parts: Part[] = [];
  for (const together of [
    [check],
    [units("unit, Node 24", process.execPath, "unit")],
    [units("unit, Electron's Node", runtime.executable, "unit", { ELECTRON_RUN_AS_NODE: "1" })],
    // Each has one core to itself.
    [units("simulation", process.execPath, "simulation"), units("durability", process.execPath, "durability")],
    [units("command line", process.execPath, "cli")],
    [windows("desktop", "desktop")],
    [windows("browser", "browser")],
  ]) {
    parts.push(...(await Promise.all(together.map((part) => part()))));
  }
  rmSync(reports, { recursive: true, force: true });

  process.stdout.write("\n");
  for (const { name, passed, failed, seconds } of parts) {
    process.stdout.write(
      `${name.padEnd(24)} ${String(passed).padStart(5)} passed  ${String(failed).padStart(3)} failed  ${seconds.toFixed(1).padStart(6)} s\n`,
    );
  }
  const sum = (pick: (part: Part) => number) => parts.reduce((total, part) => total + pick(part), 0);
  const failed = sum((part) => part.failed);
  process.stdout.write(`${sum((part) => part.passed)} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
});

/** A part that breaks, runs no test, or exits badly without naming a failed one counts as one failure. */
async function timed(name: string, work: () => Promise<number>, read: () => { passed: number; failed: number }): Promise<Part> {
  const from = performance.now();
  const code = await work();
  const seconds = (performance.now() - from) / 1000;
  try {
    const { passed, failed } = read();
    const broken = failed === 0 && (code !== 0 || passed === 0);
    return { name, passed, failed: broken ? 1 : failed, seconds };
  } catch {
    return { name, passed: 0, failed: 1, seconds };
  }
}
