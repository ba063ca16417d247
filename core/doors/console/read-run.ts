// A run for a command: found by its id, read to its state.
import { fail } from "../../contract/failure.ts";
import { RunId } from "../../contract/ids.ts";
import { RunFold, type RunState } from "../../contract/run-state.ts";
import type { CoreClient } from "../rooms.ts";

export async function* allEvents(client: CoreClient, run: RunId, from: number) {
  for (let since = from; ;) {
    const page = await client.events.list({ run, since, limit: 1000 });
    yield* page;
    const last = page.at(-1);
    if (!last) return;
    since = last.seq;
  }
}

export async function readState(client: CoreClient, run: RunId): Promise<RunState> {
  const fold = new RunFold();
  for await (const event of allEvents(client, run, 0)) fold.apply(event);
  const { state } = fold;
  if (!state) throw fail("not.found", `There is no run ${run}.`, "botmojo runs ls lists them.");
  return state;
}

/** A run by its id, by enough of its id's end to be the only one, or the `last`. */
export async function readRun(client: CoreClient, text = ""): Promise<RunId> {
  if (text === "last") {
    const [newest] = (await client.runs.list({ limit: 1 })).runs;
    if (newest) return newest.id;
  }
  const whole = RunId.safeParse(text);
  if (whole.success) {
    await client.runs.get({ run: whole.data });
    return whole.data;
  }
  const { runs } = await client.runs.list({ limit: 1000 });
  const [first, second] = text.length >= 3 ? runs.filter(({ id }) => id.endsWith(text)) : [];
  if (!first || second) throw fail("not.found", `There is no ${second ? "single " : ""}run ${text}.`, "botmojo runs ls lists them.");
  return first.id;
}
