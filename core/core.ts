// Builds the house: every room bottom-up by plain arguments, and closes them in reverse.
import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { createRouterClient } from "@orpc/server";
import { agentRegistry } from "./agents/built-in.ts";
import { openConfig, type Flags } from "./config/config.ts";
import type { EventData } from "./contract/events.ts";
import { fail } from "./contract/failure.ts";
import type { RunId } from "./contract/ids.ts";
import type { LogLine } from "./contract/views.ts";
import { createGateway } from "./doors/gateway.ts";
import { servePorts, type MessagePortLike } from "./doors/ports.ts";
import type { CoreClient, Rooms } from "./doors/rooms.ts";
import { createRouter } from "./doors/router.ts";
import { socketPath } from "./doors/socket-path.ts";
import type { WebDoor } from "./doors/web.ts";
import type { ReminderView } from "./contract/items.ts";
import { startTeller } from "./memory/reminders.ts";
import { rulesModel } from "./models/rules/rules-model.ts";
import { answerTo } from "./models/answers.ts";
import { createModelPool } from "./models/pool.ts";
import { modelState, openModel } from "./models/providers.ts";
import { openModelMeter } from "./models/use.ts";
import { dayBudget } from "./runs/day-budget.ts";
import { createEngine } from "./runs/engine.ts";
import { createImporter } from "./runs/record/import-run.ts";
import { checkInvariants, type Invariant } from "./runs/invariants.ts";
import { projections } from "./runs/tables/projections.ts";
import { createUndo } from "./runs/undo.ts";
import { createMask } from "./security/mask.ts";
import { openPolicy } from "./security/permissions.ts";
import { databaseName, prepareDataDir } from "./store/data-dir.ts";
import { openDatabase, tryLock } from "./store/database.ts";
import { openEventLog } from "./store/event-log.ts";
import { migrate, refuseNewer } from "./store/migrations.ts";
import { newId, systemChance } from "./system/chance.ts";
import { systemClock } from "./system/clock.ts";
import { createLog } from "./telemetry/log.ts";
import { createSignals } from "./telemetry/signals.ts";
import { browserTools } from "./tools/browser/browser.ts";
import { builtInTools } from "./tools/built-in.ts";
import { httpTools } from "./tools/http.ts";
import { openMcpServers } from "./tools/mcp/servers.ts";
import { toolRegistry } from "./tools/registry.ts";
import { createSandbox } from "./tools/sandbox/probe.ts";
import { shellTools } from "./tools/shell.ts";
import { sqlTools } from "./tools/sql.ts";

export interface CoreOptions {
  readonly dataDir: string;
  readonly version: string;
  readonly env: NodeJS.ProcessEnv;
  /** A settings file that a person named; the data directory's own otherwise. */
  readonly configFile?: string | undefined;
  readonly flags?: Flags | undefined;
  /** Where file tools look when no setting says; the process's folder otherwise. */
  readonly workspace?: string | undefined;
  /** Called when a reminder is due, once it is in the log; from `resume` on. */
  readonly remind?: ((reminder: ReminderView) => void) | undefined;
  readonly writeLine?: ((line: LogLine) => void) | undefined;
}

/** The host of a data directory, in this process. */
export interface Core {
  readonly client: CoreClient;
  serve(port: MessagePortLike): void;
  /** Lets other processes of the same person in. */
  listenLocally(): Promise<void>;
  openWeb(options: { siteDir: string; port: number; onUsed: () => void }): Promise<WebDoor>;
  /** Takes up the runs that an earlier host left unfinished. */
  resume(): Promise<number>;
  /** Applies every event to empty projections. Returns the events read. */
  rebuild(): number;
  /** The first event that the chain does not vouch for. */
  verify(): { seq: number; why: string } | undefined;
  /** What must always be true, each with its first breach. */
  invariants(): Invariant[];
  close(): Promise<void>;
}

/** Undefined when another process is the host of this data directory.
 * @throws FailureError when the folder, the database or the settings can't be used; nothing is changed then */
export function openCore(options: CoreOptions): Core | undefined {
  const dataDir = resolve(options.dataDir);
  prepareDataDir(dataDir);
  process.umask(0o077);
  const file = join(dataDir, databaseName);
  refuseNewer(file);
  const unlock = tryLock(join(dataDir, "host.lock"));
  if (!unlock) return undefined;
  try {
    return build({ ...options, dataDir }, file, unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

function build(options: CoreOptions, file: string, unlock: () => void): Core {
  const { dataDir, env, version } = options;
  const clock = systemClock;
  const chance = systemChance();
  const { now } = clock;
  const startedAt = now();
  const telemetry = createLog({ now, write: options.writeLine });
  const signals = createSignals();
  const config = openConfig({
    file: options.configFile ?? join(dataDir, "config.yaml"),
    mustExist: options.configFile !== undefined,
    env,
    flags: options.flags ?? {},
  });
  const onSlow = (sql: string, ms: number) => telemetry.warn("store", `${ms.toFixed(0)} ms: ${sql.trim().slice(0, 120)}`);
  const db = openDatabase({ file, onSlow });
  const log = db.transact(() => {
    // With the tables made anew in the same transaction: a host that dies in between would leave the old ones for good.
    const older = migrate(db);
    const opened = openEventLog({ db, clock, chance, projections });
    if (older) opened.rebuild();
    return opened;
  });
  const sandbox = createSandbox({ now });
  const readable = () => config.settings.sandbox.readable.split(delimiter).filter((path) => path !== "");
  const browsers = browserTools({ path: () => config.settings.browser.path, clock });
  const more = [...shellTools(sandbox, { readable }), ...httpTools(), ...browsers.tools, ...sqlTools({ dataDir })];
  const registry = toolRegistry(builtInTools(more));
  const { tools } = registry;
  const policy = openPolicy({ file: join(dataDir, "permissions.yaml") });
  const agents = agentRegistry();
  const timeZone = () => zoneOf(config.settings);
  const pool = createModelPool(clock);
  const meter = openModelMeter(log);
  const mask = createMask(env);
  const engine = createEngine({
    log,
    tools,
    policy,
    mask,
    agents,
    signals,
    telemetry,
    clock,
    chance,
    simulator: rulesModel(),
    day: dayBudget(meter, { clock, limits: () => config.settings.budget, timeZone }),
    holdsAtBudget: () => config.settings.budget.whenReached === "pause",
    openModel: () => openModel(config.settings.model, { env, clock, chance, pool, answerTo: (request) => answerTo(log, request) }),
  });
  const recordChange = (data: EventData<"config.changed">) =>
    void log.append([{ run: null, type: "config.changed", actor: "person", data }]);
  const mcp = openMcpServers({
    dataDir,
    environment: env,
    version,
    clock,
    telemetry,
    registry,
    record: (name, from, to) => recordChange({ key: `mcp.${name}`, from, to }),
  });
  const undo = createUndo(log);
  const importer = createImporter({ log, newRunId: () => newId("run", clock.now(), chance) as RunId });
  const stopRecording = config.onChange(recordChange);
  const stopReleasing = log.onCommit((events) => {
    for (const { run, type } of events) if (run && endsRun.has(type)) void browsers.release(run);
  });
  const gateway = createGateway(mask);
  const closing = new AbortController();
  let resumed = 0;
  let stopTelling = () => {};
  const rooms: Rooms = {
    version,
    dataDir,
    startedAt,
    now,
    env,
    log,
    config,
    engine,
    undo,
    importer,
    agents,
    tools,
    mcp,
    policy,
    sandbox,
    signals,
    gateway,
    programs: new Map(),
    mask,
    telemetry,
    pool,
    meter,
    timeZone,
    model: () => modelState(config.settings.model),
    person: () => personOf(config.settings, options.workspace),
    resumed: () => resumed,
    closing: closing.signal,
  };
  const router = createRouter(rooms, () => client);
  const client: CoreClient = createRouterClient(router);
  const serve = servePorts(router);
  const doors: { close(): Promise<void> }[] = [];
  telemetry.info("core", `Host open on ${dataDir}`);

  return {
    client,
    serve,
    async listenLocally() {
      const { listenLocally } = await import("./doors/local-socket.ts");
      doors.push(await listenLocally(router, socketPath(dataDir, process.platform)));
    },
    async openWeb(web) {
      const { openWebDoor } = await import("./doors/web.ts");
      const door = await openWebDoor({ router, ...web });
      doors.push(door);
      return door;
    },
    async resume() {
      await undo.finish();
      stopTelling();
      stopTelling = startTeller({
        log,
        clock,
        told(reminder) {
          telemetry.info("reminders", `${reminder.late ? "Due since a while" : "Due"}: ${reminder.text.slice(0, 200)}`, {
            run: reminder.run,
          });
          options.remind?.(reminder);
        },
      });
      const taken = await engine.resumeAll("The host that ran it had stopped.");
      resumed += taken;
      return taken;
    },
    rebuild: log.rebuild,
    verify: log.verify,
    invariants: () => checkInvariants(log),
    async close() {
      closing.abort();
      stopTelling();
      await engine.close();
      stopReleasing();
      await browsers.close();
      await gateway.close();
      await mcp.close();
      for (const door of doors.reverse()) await door.close();
      stopRecording();
      meter.close();
      log.close();
      db.close();
      unlock();
    },
  };
}

const endsRun: ReadonlySet<string> = new Set(["run.completed", "run.failed", "run.cancelled", "run.suspended"]);

function personOf(settings: { files: { workspace: string }; person: { timeZone: string; locale: string } }, folder?: string) {
  const system = Intl.DateTimeFormat().resolvedOptions();
  const cwd = folder ?? process.cwd();
  const workspace = settings.files.workspace || (cwd === "/" ? homedir() : cwd);
  if (!existsSync(workspace) || !statSync(workspace).isDirectory()) {
    throw fail("config.invalid", `The workspace ${workspace} is not a folder.`, "Correct files.workspace.");
  }
  return {
    workspace,
    timeZone: zoneOf(settings),
    locale: settings.person.locale || system.locale,
  };
}

function zoneOf({ person }: { person: { timeZone: string } }): string {
  return person.timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone;
}
