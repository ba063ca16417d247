// What a host does while it is killed: five short stories, each from a folder made ready beforehand.
import { copyFileSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { files } from "../../bin/files.ts";
import { Plan, type RunId } from "../../core/contract/index.ts";
import { openCore, type Core, type CoreClient } from "../../core/index.ts";
import { openDatabase } from "../../core/store/database.ts";
import { root as repository } from "../../electron/setup/places.ts";

export interface Flow {
  /** Lays what the story begins with into `data` and `workspace`. */
  readonly prepare?: (folder: string) => Promise<void>;
  /** What the host does, between its opening and its closing; says what it was promised. */
  readonly act: (client: CoreClient, promised: (what: Promised) => void, folder: string) => Promise<void>;
}

/** An answer that a person has seen: it must be true of whatever is found afterwards. */
export interface Promised {
  readonly is: "started" | "undone" | "exported";
  readonly run: RunId;
}

/** The file that the export flow writes. */
export const exported = join("workspace", "run.jsonl");

export function openHost(folder: string): Core {
  const core = openCore({
    dataDir: join(folder, "data"),
    workspace: join(folder, "workspace"),
    version: "0.0.0-test",
    env: {},
    flags: { "person.timeZone": "Europe/Tallinn", "person.locale": "en-GB" },
  });
  if (!core) throw new Error(`${folder} is held by another process`);
  return core;
}

export const flows: Readonly<Record<string, Flow>> = {
  start: {
    async act(client, promised) {
      const { run } = await client.runs.start({ goal: "Lunch with Sara tomorrow at 1pm, paid $23.50", door: "core" });
      promised({ is: "started", run });
      await toEnd(client, run);
    },
  },
  append: { act: (client, promised) => runPlan(client, promised, effects) },
  checkpoint: {
    prepare: (folder) => fillWal(folder),
    act: (client, promised) => runPlan(client, promised, notes(12)),
  },
  /** Long enough for a checkpoint on the way, from nothing: what power cuts are tried on. */
  power: {
    async act(client, promised) {
      await runPlan(client, promised, effects);
      await runPlan(client, promised, notes(70));
    },
  },
  migrate: {
    prepare(folder) {
      const file = join(folder, "data", "botmojo.db");
      copyFileSync(join(repository, "tests", "fixtures", "data", "schema-1.db"), file);
      const db = openDatabase({ file });
      // An older program may have made its tables otherwise; the log is what counts.
      db.exec("UPDATE runs SET answer = 'as an older program had it'");
      db.close();
      return Promise.resolve();
    },
    act: () => Promise.resolve(),
  },
  export: {
    prepare: runEffects,
    async act(client, promised, folder) {
      const run = await onlyRun(client);
      await files.write(join(folder, exported), await client.runs.export({ run }));
      promised({ is: "exported", run });
    },
  },
  undo: {
    prepare: runEffects,
    async act(client, promised) {
      const run = await onlyRun(client);
      await client.runs.undo({ run });
      promised({ is: "undone", run });
    },
  },
};

export const oldText = "as it was\n";

/** What the plan's calls leave in the workspace. */
export const writtenFiles: Readonly<Record<string, string>> = {
  "old.txt": "written over\n",
  "new.txt": "new\n",
  "deep/er/new.txt": `${"a long line ".repeat(400)}\n`,
};

const effects = planOf([
  ...Object.entries(writtenFiles).map(([path, text]) => ({ tool: "files.write", input: { path, text } })),
  ...[1, 2, 3].map((number) => ({ tool: "notes.add", input: { text: `note ${number}`, words: `note ${number}` } })),
  { tool: "calculator", input: { expression: "20+3" } },
]);

function notes(count: number): Plan {
  return planOf(
    Array.from({ length: count }, (_, index) => ({ tool: "notes.add", input: { text: `kept ${index}`, words: `${index} `.repeat(900) } })),
  );
}

/** One step after the other, each needing the one before. */
function planOf(calls: readonly { tool: string; input: Record<string, unknown> }[]): Plan {
  const steps = calls.map((call, index) => ({ ...call, kind: "tool", id: `s${index}`, needs: index === 0 ? [] : [`s${index - 1}`] }));
  return Plan.parse({ version: 1, goal: "be killed", steps });
}

async function runPlan(client: CoreClient, promised: (what: Promised) => void, plan: Plan): Promise<void> {
  const { run } = await client.runs.start({ goal: "", plan, door: "core" });
  promised({ is: "started", run });
  await toEnd(client, run);
}

async function runEffects(folder: string): Promise<void> {
  writeFileSync(join(folder, "workspace", "old.txt"), oldText);
  const core = openHost(folder);
  await runPlan(core.client, () => {}, effects);
  await core.close();
}

async function onlyRun(client: CoreClient): Promise<RunId> {
  const [run] = (await client.runs.list({})).runs;
  if (!run) throw new Error("there is no run");
  return run.id;
}

export async function toEnd(client: CoreClient, run: RunId): Promise<void> {
  for await (const _ of await client.events.follow({ run, untilEnd: true })) {
    // Only its end is waited for.
  }
}

/** Leaves a write-ahead log just short of the thousand pages at which SQLite copies it into the database: the copies
 * are taken from under a host that goes on, as a kill would leave them. */
async function fillWal(folder: string): Promise<void> {
  const made = join(folder, "made");
  for (const name of ["data", "workspace"]) mkdirSync(join(made, name), { recursive: true });
  const core = openHost(made);
  const wal = join(made, "data", "botmojo.db-wal");
  while (statSync(wal).size < 900 * 4120) await runPlan(core.client, () => {}, notes(2));
  for (const name of ["botmojo.db", "botmojo.db-wal"]) copyFileSync(join(made, "data", name), join(folder, "data", name));
  await core.close();
}
