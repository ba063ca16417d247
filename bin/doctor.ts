// `botmojo doctor`: checks the machine and the data, says what is wrong and the exact mend.
import type { Command } from "commander";
import { exitCodes, tint, type Act, type Core, type Surface } from "../core/index.ts";
import { failureOf } from "../core/contract/index.ts";
import { openHost, type GlobalOptions } from "./host.ts";

interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly says: string;
}

export function doctorCommand(program: Command, act: Act, globals: () => GlobalOptions): void {
  const doctor = program.command("doctor").summary("check this machine and the data");
  doctor.option("--rebuild", "make every table but the log anew from the log");
  doctor.option("--verify", "read the whole log and check what must always be true of it");
  doctor.action(
    act(async ({ terminal }, json) => {
      const { rebuild = false, verify = false } = doctor.opts<{ rebuild?: boolean; verify?: boolean }>();
      const checks = [nodeCheck(), ...(await dataChecks(globals(), { rebuild, verify }))];
      if (json) terminal.out(`${JSON.stringify(checks)}\n`);
      else for (const check of checks) terminal.out(checkLine(terminal, check));
      return checks.every(({ ok }) => ok) ? exitCodes.done : exitCodes.failed;
    }),
  );
}

function nodeCheck(): Check {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const ok = major > 22 || (major === 22 && minor >= 18);
  return { name: "Node", ok, says: ok ? process.version : `${process.version}; install 22.18 or newer` };
}

async function dataChecks(options: GlobalOptions, { rebuild, verify }: { rebuild: boolean; verify: boolean }): Promise<Check[]> {
  let core: Core | undefined;
  try {
    core = openHost(options);
    if (!core) {
      return [{ name: "Data", ok: false, says: `${options.dataDir} is held by a running BotMojo; close it, then check again` }];
    }
    const broken = core.verify();
    const checks: Check[] = [
      { name: "Data directory", ok: true, says: options.dataDir },
      {
        name: "Event log",
        ok: broken === undefined,
        says: broken ? `event ${broken.seq}: ${broken.why}; restore a backup` : "every event follows from the one before",
      },
    ];
    const { proven, by, probes, remedy } = await core.client.tools.sandbox();
    const leak = probes.find(({ held }) => !held);
    checks.push({
      name: "Sandbox",
      // A machine without one is well; what needs it is off there.
      ok: proven || probes.length === 0,
      says: proven ? `proven on this machine today: ${by ?? ""}` : `commands are off${leak ? ` (${leak.name})` : ""}. ${remedy ?? ""}`,
    });
    if (verify) {
      for (const { name, breach } of core.invariants()) {
        checks.push({ name: "Invariant", ok: breach === undefined, says: breach ? `${name}: ${breach}` : name });
      }
    }
    if (rebuild && !broken) checks.push({ name: "Tables", ok: true, says: `made anew from ${core.rebuild()} events` });
    return checks;
  } catch (error) {
    const { message, remedy } = failureOf(error);
    return [{ name: "Data", ok: false, says: remedy ? `${message} ${remedy}` : message }];
  } finally {
    await core?.close();
  }
}

function checkLine(terminal: Surface["terminal"], { name, ok, says }: Check): string {
  const mark = ok ? tint(terminal, "green", "ok   ") : tint(terminal, "red", "wrong");
  return `${mark}  ${name.padEnd(14)}  ${says}\n`;
}
