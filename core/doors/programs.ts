// Following a program outside: its run, and the way in for its requests, for as long as somebody stands by it.
import type { z } from "zod";
import { fail } from "../contract/failure.ts";
import type { RunId } from "../contract/ids.ts";
import type { contract } from "../contract/rpc.ts";
import { isOver, type RunStatus } from "../contract/run-state.ts";
import { planOfProgram } from "../runs/programs/program-step.ts";
import { ProgramSession } from "../runs/programs/session.ts";
import { getRun } from "../runs/tables/run-index.ts";
import { denialOfHost } from "../security/denied-host.ts";
import { bell } from "../store/subscriptions.ts";
import type { Rooms } from "./rooms.ts";

type OpenInput = z.output<NonNullable<(typeof contract.programs.open)["~orpc"]["inputSchema"]>>;
type Opened =
  | { is: "open"; run: RunId; addresses: Record<string, string>; proxy: string; otlp: string; mcp: string }
  | { is: "over"; status: RunStatus };

/** @throws FailureError for a run that can't be replayed, a breakpoint that is none */
export async function* openProgram(rooms: Rooms, input: OpenInput, signal: AbortSignal): AsyncGenerator<Opened> {
  const { gateway, programs, log, mask, policy } = rooms;
  const session = new ProgramSession(mask);
  const way = await gateway.open({
    session,
    endpoints: input.endpoints,
    telemetry: input.telemetry,
    closed: input.replay !== undefined && input.replay.options.otherwise.is !== "live",
    denies: (host) => denialOfHost(host, policy.sets(input.folder), input.folder),
  });
  const waker = bell();
  const stop = log.onCommit(waker.ring);
  let run: RunId | undefined;
  const close = () => {
    session.end({ exitCode: null, why: "Whoever started the program is gone, and perhaps the program too." });
    if (run) programs.delete(run);
    stop();
    way.close();
  };
  try {
    run = await begin(rooms, input, session);
    programs.set(run, session);
    yield { is: "open", run, addresses: { ...way.addresses }, proxy: way.proxy, otlp: way.otlp, mcp: way.mcp };
    for (;;) {
      const status = getRun(log.reader, run)?.status;
      if (status === undefined) throw fail("not.found", `${run} was removed.`);
      if (isOver(status)) {
        close();
        yield { is: "over", status };
        return;
      }
      await waker.next(signal);
      if (signal.aborted) return;
    }
  } finally {
    close();
  }
}

function begin(
  { engine, person, mask }: Rooms,
  { command, folder, door, breakpoints, budget, replay }: OpenInput,
  program: ProgramSession,
): Promise<RunId> {
  if (replay) return engine.replay({ ...replay, breakpoints, program });
  const { timeZone, locale } = person();
  const plan = planOfProgram(mask(command), folder, budget);
  return engine.start({ goal: plan.goal, plan, door, breakpoints, program, workspace: folder, timeZone, locale });
}
