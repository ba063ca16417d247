// Programs that nobody here wrote, unchanged: recorded against a stand-in model, held, and replayed without a network.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { cli, startCli, type CliOptions, type CliRun } from "../support/cli.ts";
import { temporaryFolder } from "../support/core.ts";
import type { ModelServer } from "../support/model-server.ts";
import { gauntSloth, grokCli, installPrograms, nanocoder, type ForeignProgram } from "../support/programs.ts";
import { cost, serveTold } from "../support/told-model.ts";

const programs = [grokCli, gauntSloth, nanocoder];
const limitMs = 480_000;

beforeAll(installPrograms, 900_000);

test.for(programs)(
  "XP1: $name, built on $library, is recorded as it runs by itself, and replayed where there is no network",
  { timeout: limitMs },
  async (program) => {
    const model = await serveReader(program);
    const home = homeOf(program);
    const alone = await home.alone(model);
    expect(alone).toMatchObject({ code: 0, out: expect.stringContaining("It says: ") });
    expect(alone.out).toContain("alpha beta");
    expect(model.asked.map(({ headers }) => headers["user-agent"])).toEqual([
      expect.stringMatching(program.agent),
      expect.stringMatching(program.agent),
    ]);

    const recorded = await home.botmojo(["record", ...home.upstream(model)], model);
    expect({ code: recorded.code, out: recorded.out }).toEqual({ code: 0, out: alone.out });
    expect(model.asked.slice(2).map(({ body }) => body)).toEqual(model.asked.slice(0, 2).map(({ body }) => body));
    const run = await home.newest();
    const { status, usage, turns } = await home.show(run);
    expect({ status, usage }).toEqual({
      status: "completed",
      usage: { inputTokens: 2 * cost.in, outputTokens: 2 * cost.out, cachedTokens: 0, microUsd: 0 },
    });
    expect(turns).toEqual([
      {
        text: "I look.",
        effects: [
          { call: "model", name: program.model, status: "completed" },
          {
            call: "tool",
            name: program.reads,
            status: "completed",
            input: { path: "a.txt" },
            output: expect.stringContaining("alpha beta"),
          },
        ],
      },
      { text: expect.stringMatching(/^It says: .*alpha beta/s), effects: [{ call: "model", name: program.model, status: "completed" }] },
    ]);

    await model.stop();
    const interfaces = join(home.folder, "interfaces");
    const replayed = await home.botmojo(["replay", run, ...home.upstream(model)], model, withoutNetwork(interfaces));
    expect(readFileSync(interfaces, "utf8").trim().split("\n")).toEqual([expect.stringMatching(/^1: lo: /)]);
    expect({ code: replayed.code, out: replayed.out }).toEqual({ code: 0, out: alone.out });
    expect(replayed.err).toMatch(/: 2 reused, 2 exact, 0 divergent, 0 unmatched, 0 live, 0 edited/);
    expect(model.asked).toHaveLength(4);
  },
);

test.for(programs)(
  "XP2: $name is held before its tool where an argument says so, waits, and does what the changed call says",
  { timeout: limitMs },
  async (program) => {
    const model = await serveReader(program);
    const home = homeOf(program);
    const condition = `tool:${program.reads} if input.path == "a.txt"`;
    const going = home.start(["record", "--break", condition, ...home.upstream(model)], model);
    await expect.poll(() => going.said().err, { timeout: limitMs / 2 }).toContain("lets it go on");
    const run = await home.newest();
    expect((await home.show(run)).status).toBe("paused");
    expect(model.asked).toHaveLength(1);
    expect(going.said()).toMatchObject({ code: undefined, out: expect.not.stringContaining("It says: ") });

    expect(await home.client("runs", "resume", run, "--input", JSON.stringify({ path: "b.txt" }))).toMatchObject({ code: 0 });
    const { code, out } = await going.ended;
    expect(code).toBe(0);
    expect(out).toContain("gamma delta");
    expect(out).not.toContain("alpha beta");
    const { status, turns } = await home.show(run);
    expect(status).toBe("completed");
    expect(turns[0]?.effects[1]).toMatchObject({ input: { path: "b.txt" }, output: expect.stringContaining("gamma delta") });
    expect(model.asked).toHaveLength(2);
  },
);

/** A model that has the program read a file, and says what was in it. */
function serveReader({ reads }: ForeignProgram): Promise<ModelServer> {
  return serveTold([
    { text: "I look.", calls: [{ name: reads, input: { path: "a.txt" } }] },
    { text: (results) => `It says: ${results.at(-1)}` },
  ]);
}

interface Turn {
  readonly text: string;
  readonly effects: readonly { call: string; name: string; status: string; input?: unknown; output?: unknown }[];
}

/** A folder to work in, with what the program finds there, and its settings. */
function homeOf(program: ForeignProgram) {
  const folder = temporaryFolder();
  const [workspace, home, dataDir] = [join(folder, "work"), join(folder, "home"), join(folder, "data")];
  for (const made of [workspace, home]) mkdirSync(made);
  writeFileSync(join(workspace, "a.txt"), "alpha beta\n");
  writeFileSync(join(workspace, "b.txt"), "gamma delta\n");
  for (const [name, settings] of Object.entries(program.settings)) writeFileSync(join(workspace, name), JSON.stringify(settings));

  const { name, variable, versioned } = program.endpoint;
  const addressOf = ({ url }: ModelServer) => (versioned ? url : url.replace(/\/v1$/, ""));
  const isKnown = variable.startsWith("OPENAI_") || variable.startsWith("ANTHROPIC_");
  const env = (model: ModelServer) => ({
    HOME: home,
    // npm's word for where it was called; a program may take it for its folder.
    INIT_CWD: workspace,
    NO_COLOR: "1",
    GROK_API_KEY: "none",
    OPENAI_API_KEY: "none",
    ANTHROPIC_API_KEY: "none",
    [variable]: addressOf(model),
  });
  const client = (...args: string[]) => cli(["--data-dir", dataDir, ...args]);
  const start = (args: readonly string[], model: ModelServer, options: CliOptions = {}) =>
    listen(startCli(["--data-dir", dataDir, ...args, "--", ...program.command], { cwd: workspace, env: env(model), ...options }), program);
  return {
    folder,
    client,
    start,
    botmojo: (args: readonly string[], model: ModelServer, options?: CliOptions) => start(args, model, options).ended,
    /** Without BotMojo. */
    alone(model: ModelServer): Promise<CliRun> {
      const [file = "", ...args] = program.command;
      return listen(spawn(file, args, { cwd: workspace, env: { ...process.env, ...env(model) } }), program).ended;
    },
    upstream: (model: ModelServer) => (isKnown ? [] : ["--upstream", `${name}=${addressOf(model)}`]),
    async newest(): Promise<string> {
      const [{ id = "" } = {}] = JSON.parse((await client("--json", "runs", "ls")).out) as { id?: string }[];
      return id;
    },
    async show(run: string) {
      const { status, usage, steps } = JSON.parse((await client("--json", "runs", "show", run)).out) as Shown;
      const turns = steps.flatMap(({ step, output, effects }): Turn[] => {
        if (step.kind !== "exchange") return [];
        return [
          {
            text: output?.text ?? "",
            effects: effects.map(({ call, name, input, state }) => {
              const said = { call, name, status: state.is };
              return call === "tool" ? { ...said, input, output: state.output } : said;
            }),
          },
        ];
      });
      return { status, usage, turns };
    },
  };
}

interface Shown {
  readonly status: string;
  readonly usage: object;
  readonly steps: readonly {
    readonly step: { readonly kind: string };
    readonly output: { readonly text?: string } | null;
    readonly effects: readonly { call: string; name: string; input: unknown; state: { is: string; output?: unknown } }[];
  }[];
}

interface Going {
  /** What it has said so far; `code` once it has ended. */
  said(): { code: number | null | undefined; out: string; err: string };
  readonly ended: Promise<CliRun>;
}

/** Reads what a program says, and types what makes it leave. */
function listen(child: ChildProcess, { leave }: ForeignProgram): Going {
  onTestFinished(() => void child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  let code: number | null | undefined;
  let leaving = leave === undefined;
  if (leaving) child.stdin?.end();
  child.stdout?.on("data", (data: Buffer) => {
    out += data.toString();
    if (leaving || !leave || !out.includes(leave.after)) return;
    leaving = true;
    child.stdin?.end(leave.by);
  });
  child.stderr?.on("data", (data: Buffer) => (err += data.toString()));
  child.stdin?.on("error", () => {});
  const ended = new Promise<CliRun>((resolve) =>
    child.once("close", (exitCode) => {
      code = exitCode;
      resolve({ code, out, err });
    }),
  );
  return { said: () => ({ code, out, err }), ended };
}

/** What starts a command where there is no network but loopback, and lists there what there is. */
function withoutNetwork(interfaces: string): CliOptions {
  const own = process.getuid?.() === 0 ? ["--net"] : ["--user", "--map-root-user", "--net"];
  const inside = 'PATH="$PATH:/usr/sbin:/sbin"; ip link set lo up && ip -oneline link show > "$0" && exec "$@"';
  return { through: ["unshare", ...own, "sh", "-c", inside, interfaces] };
}
