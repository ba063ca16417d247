// `review …`: what waits for a person, and deciding it.
import type { Command } from "commander";
import { fail } from "../../contract/failure.ts";
import { ReviewId } from "../../contract/ids.ts";
import type { ReviewDecision } from "../../contract/review.ts";
import { visibleText } from "../../contract/visible-text.ts";
import { followToEnd } from "./run-command.ts";
import type { Act } from "./surface.ts";
import { ago, table } from "./terminal.ts";

export function reviewCommands(program: Command, act: Act): void {
  const review = program.command("review").summary("what waits for a person").description("What waits for a person, and deciding it.");

  const ls = review.command("ls").summary("list what waits, oldest first");
  ls.action(
    act(async ({ connect, terminal, now }, json) => {
      const open = await (await connect({ resume: false })).review.list();
      if (json) return terminal.out(`${JSON.stringify(open)}\n`);
      if (open.length === 0) return terminal.err("Nothing waits for you.\n");
      terminal.out(
        table(
          terminal,
          ["REVIEW", "RUN", "STEP", "ASKED", "QUESTION"],
          open.map((item) => [item.id, item.run, item.step, ago(item.askedAt, now()), visibleText(item.question)]),
        ),
      );
    }),
  );

  const show = review.command("show <review>").summary("one of them, with all that it proposes");
  show.action(
    act(async ({ connect, terminal }, json) => {
      const [id = ""] = show.args;
      const item = (await (await connect({ resume: false })).review.list()).find((open) => open.id === id);
      if (!item) throw fail("not.found", `Nothing waits under ${id}.`, "botmojo review ls lists what does.");
      if (json) return terminal.out(`${JSON.stringify(item)}\n`);
      terminal.out(`${visibleText(item.question)}\n${visibleText(JSON.stringify(item.proposal, null, 2))}\n`);
    }),
  );

  const decide = (name: string, decision: ReviewDecision, summary: string) => {
    const command = review.command(`${name} <review>${decision === "answer" ? " <json>" : ""}`).summary(summary);
    command.option("--reason <text>", "why", "");
    if (name === "approve") command.option("--input <json>", "make the call with these arguments instead");
    command.action(
      act(async (surface, json) => {
        const [text = "", given] = command.args;
        const id = ReviewId.safeParse(text);
        if (!id.success) throw fail("input.invalid", `"${text}" is no review's id.`, "botmojo review ls lists them.");
        const client = await surface.connect({ resume: true });
        const item = (await client.review.list()).find((open) => open.id === id.data);
        if (!item) throw fail("not.found", `Nothing waits under ${id.data}.`, "botmojo review ls lists what does.");
        const since = (await client.runs.get({ run: item.run })).lastSeq;
        const { reason, input } = command.opts<{ reason: string; input?: string }>();
        if (input !== undefined && item.kind !== "call") throw fail("input.invalid", "Only a call that asks has arguments to change.");
        const instead = input ?? given;
        const answer = instead === undefined ? {} : { answer: readAnswer(instead) };
        await client.review.decide({ review: id.data, decision, ...answer, reason });
        return followToEnd(surface, { client, run: item.run, since, json });
      }),
    );
  };
  decide("approve", "approve", "let it go on");
  decide("reject", "reject", "say no");
  decide("edit", "answer", "go on with this instead");
}

/** JSON, or else the words as they are. */
function readAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
