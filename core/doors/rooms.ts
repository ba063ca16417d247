// What the doors open onto: the rooms of one host, and the client type that every door ends in.
import type { ContractRouterClient } from "@orpc/contract";
import type { Agent } from "../agents/agent.ts";
import type { Config } from "../config/config.ts";
import type { RunId } from "../contract/ids.ts";
import type { Contract } from "../contract/rpc.ts";
import type { ModelState } from "../contract/views.ts";
import type { ModelPool } from "../models/pool.ts";
import type { ModelMeter } from "../models/use.ts";
import type { Engine } from "../runs/engine.ts";
import type { Undo } from "../runs/undo.ts";
import type { Importer } from "../runs/record/import-run.ts";
import type { ProgramSession } from "../runs/programs/session.ts";
import type { Mask } from "../security/mask.ts";
import type { Policy } from "../security/permissions.ts";
import type { EventLog } from "../store/event-log.ts";
import type { Log } from "../telemetry/log.ts";
import type { Signals } from "../telemetry/signals.ts";
import type { McpServers } from "../tools/mcp/servers.ts";
import type { Sandbox } from "../tools/sandbox/probe.ts";
import type { Tool } from "../tools/tool.ts";

import type { Gateway } from "./gateway.ts";

export type CoreClient = ContractRouterClient<Contract>;

export interface Rooms {
  readonly version: string;
  readonly dataDir: string;
  readonly startedAt: number;
  readonly now: () => number;
  readonly env: NodeJS.ProcessEnv;
  readonly log: EventLog;
  readonly config: Config;
  readonly engine: Engine;
  readonly undo: Undo;
  readonly importer: Importer;
  readonly agents: ReadonlyMap<string, Agent>;
  readonly tools: ReadonlyMap<string, Tool>;
  readonly mcp: McpServers;
  readonly policy: Policy;
  readonly sandbox: Sandbox;
  readonly signals: Signals;
  readonly gateway: Gateway;
  readonly mask: Mask;
  /** Programs outside that runs of this host follow. */
  readonly programs: Map<RunId, ProgramSession>;
  readonly telemetry: Log;
  readonly pool: ModelPool;
  readonly meter: ModelMeter;
  readonly model: () => ModelState;
  /** Where and how the person is, for runs that do not say. */
  readonly person: () => { workspace: string; timeZone: string; locale: string };
  readonly timeZone: () => string;
  readonly resumed: () => number;
  /** Aborts when the host closes, so that every stream ends. */
  readonly closing: AbortSignal;
}
