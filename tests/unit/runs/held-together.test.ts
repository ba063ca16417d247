// Calls that come while another is held.
import { expect, test } from "vitest";
import { isOver, type RunState } from "../../../core/contract/index.ts";
import { openEngine } from "../../support/engine.ts";
import { sum } from "../../support/steps.ts";

const heldAt = ({ status, pause }: RunState) => (status === "paused" ? pause?.at?.step : undefined);

test("B19: a call that waited while another was held is held for itself where a breakpoint says so", async () => {
  const { engine, start, when } = openEngine();
  const run = await start([sum("a", "1+1"), sum("b", "2+2"), sum("c", "3+3")], { breakpoints: ["tool:calculator"] });
  const places: unknown[] = [];
  for (;;) {
    const state = await when(run, (now) => isOver(now.status) || (heldAt(now) !== undefined && !places.includes(heldAt(now))));
    if (isOver(state.status)) break;
    places.push(heldAt(state));
    await engine.resume(run, {});
  }
  expect(new Set(places)).toEqual(new Set(["a", "b", "c"]));
  expect(places).toHaveLength(3);
});
