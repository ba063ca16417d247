// The world outside the host: a server that remembers every call it got, a network that loses and delays, and the
// tools, agents and model that go there.
import { z } from "zod";
import type { Agent } from "../../core/agents/agent.ts";
import { fail } from "../../core/contract/failure.ts";
import type { Model } from "../../core/models/model.ts";
import type { Reader } from "../../core/store/database.ts";
import { planTools } from "../../core/tools/plan-revise.ts";
import { defineTool, type Tool } from "../../core/tools/tool.ts";
import type { EffectKind } from "../../core/contract/events.ts";
import type { Life, Machine } from "./machine.ts";

export interface Arrival {
  readonly tool: string;
  readonly effect: EffectKind;
  readonly input: string;
}

export class Outside {
  /** Every call that reached the server, by the run and key it came with. */
  readonly arrivals = new Map<string, Arrival[]>();
  readonly breaches: string[] = [];
  readonly #machine: Machine;
  readonly #own: Life = { dead: false };
  readonly #durable: Reader;
  /** How often the network loses a call or its answer; the world sets it to 0 at its end. */
  trouble = 0.15;

  constructor(machine: Machine, durable: Reader) {
    this.#machine = machine;
    this.#durable = durable;
  }

  /** Over the network and back; the answer may be lost although the call arrived.
   * @throws FailureError `tool.failed` when no answer came in time, or the signal's reason */
  async call(life: Life, signal: AbortSignal, arrive: () => unknown): Promise<unknown> {
    const { random } = this.#machine;
    const world = this.#machine.clockOf(this.#own);
    const lost = random.next();
    if (!life.dead && lost >= this.trouble / 2) {
      world.after(random.below(800), () => {
        const answer = arrive();
        if (lost >= this.trouble) world.after(random.below(800), () => !life.dead && answered(answer));
      });
    }
    let answered = (_: unknown) => {};
    return new Promise((resolve, reject) => {
      const stop = this.#machine.clockOf(life).after(3000, () => reject(fail("tool.failed", "No answer came.")));
      answered = (answer) => {
        stop();
        resolve(answer);
      };
      signal.addEventListener("abort", () => {
        stop();
        reject(signal.reason as Error);
      });
    });
  }

  /** A call may leave only when its intent is on disk and its answer is not. */
  #depart(key: string): void {
    const cut = key.indexOf("/");
    const about = [key.slice(0, cut), key.slice(cut + 1)] as const;
    const kept = (type: string) =>
      this.#durable.get("SELECT seq FROM events WHERE run = ? AND type = ? AND json_extract(data, '$.key') = ?", about[0], type, about[1]);
    if (!kept("effect.requested")) this.breaches.push(`${key} left the host before its intent was on disk`);
    if (kept("effect.completed")) this.breaches.push(`${key} was called again after its answer was on disk`);
  }

  #arrive(key: string, arrival: Arrival): void {
    const known = this.arrivals.get(key);
    if (known?.some(({ input, tool }) => input !== arrival.input || tool !== arrival.tool))
      this.breaches.push(`${key} came a second time with something else`);
    if (known) known.push(arrival);
    else this.arrivals.set(key, [arrival]);
  }

  toolsOf(life: Life): Map<string, Tool> {
    const input = z.object({ n: z.number() });
    const add = defineTool({ name: "add", description: "", effect: "pure", input, run: ({ n }) => ({ n: n + 1 }) });
    const remote = (name: string, effect: EffectKind) =>
      defineTool({
        name,
        description: "",
        effect,
        input,
        run: (given, { key, signal, learn }) => {
          if (!life.dead) this.#depart(key);
          return this.call(life, signal, () => {
            this.#arrive(key, { tool: name, effect, input: JSON.stringify(given) });
            if (effect === "idempotent" && given.n % 7 === 0) learn({ kind: "note", text: `n ${given.n}` }, "n");
            return { n: given.n + 1 };
          });
        },
      });
    const all = [...planTools, add, remote("put", "idempotent"), remote("send", "at-most-once"), remote("shoot", "unsafe")];
    return new Map(all.map((tool) => [tool.name, tool]));
  }

  /** Calls a tool or two, then says something; sometimes it can't be reached. */
  modelOf(life: Life): Model {
    const { call } = this;
    const { random } = this.#machine;
    const reach = call.bind(this);
    return {
      id: "simulated",
      kind: "language",
      async *stream(request, signal) {
        try {
          await reach(life, signal, () => null);
        } catch {
          yield { type: "failure", failure: { code: "model.unreachable", message: "It does not answer." } };
          return;
        }
        const usage = { inputTokens: 10, outputTokens: 5, cachedTokens: 0 };
        if (request.turns.length < random.below(3)) {
          for (let count = 1 + random.below(2); count > 0; count -= 1) {
            const name = random.pick(["put", "send", "add", "plan.revise"]);
            if (name === "plan.revise") {
              const value = { id: `a${random.below(1_000_000)}`, kind: "tool", tool: random.pick(["put", "shoot"]), input: { n: 3 } };
              const input = { patch: [{ op: "add", path: "/steps/-", value }], reason: "One more." };
              yield { type: "call", call: { id: `c${count}`, name, input } };
              continue;
            }
            yield { type: "call", call: { id: `c${count}`, name, input: { n: random.below(100) } } };
          }
        } else yield { type: "text", text: `done after ${request.turns.length}` };
        yield { type: "finish", usage };
      },
    };
  }
}

export const workers: ReadonlyMap<string, Agent> = new Map(
  ["worker", "helper"].map((name) => [
    name,
    { name, description: "", instructions: "Work.", tools: ["put", "send", "add", "plan.revise"], capabilities: ["work"] },
  ]),
);
