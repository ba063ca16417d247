// Answers to be given again: which event answered a request, by the request's name. The answer itself stays where it is,
// in the log, and goes with the run that it belongs to.
import { hash } from "node:crypto";
import { canonicalJson } from "../contract/canonical-json.ts";
import { noUsage } from "../contract/usage.ts";
import type { EventLog, Projection } from "../store/event-log.ts";
import type { LanguageModel } from "./language-model.ts";
import type { Model, ToolCall } from "./model.ts";

interface Answer {
  readonly text: string;
  readonly calls: readonly ToolCall[];
}

export const answersProjection: Projection = {
  name: "model answers",
  tables: ["model_answers"],
  apply(writer, events) {
    for (const { type, run, seq, recorded, data } of events) {
      if (type === "run.removed") writer.run("DELETE FROM model_answers WHERE run = ?", run);
      // What a file says that a model answered may be anything.
      if (type !== "effect.completed" || recorded || data.request === undefined) continue;
      writer.run("INSERT INTO model_answers (request, seq, run) VALUES (?, ?, ?)", data.request, seq, run);
    }
  },
};

/** The newest answer to a request. */
export function answerTo(log: EventLog, request: string): Answer | undefined {
  const row = log.reader.get<{ seq: number }>("SELECT seq FROM model_answers WHERE request = ? ORDER BY seq DESC LIMIT 1", request);
  const [event] = row ? log.read({ since: row.seq - 1, limit: 1 }) : [];
  return event?.type === "effect.completed" ? (event.data.output as Answer) : undefined;
}

/** A model whose calls are answered from earlier ones of the very same request, at the same endpoint, where there is one. */
export function remembering(
  model: Model,
  site: { readonly endpoint: string; readonly sent: LanguageModel["sent"]; readonly find: (request: string) => Answer | undefined },
): Model {
  const { endpoint, sent, find } = site;
  return {
    id: model.id,
    kind: model.kind,
    async *stream(request, signal, caller) {
      const name = hash("sha256", canonicalJson({ endpoint, model: model.id, ...sent(request) }), "base64url");
      const known = find(name);
      if (known) {
        if (known.text !== "") yield { type: "text", text: known.text };
        for (const call of known.calls) yield { type: "call", call };
        return yield { type: "finish", usage: { ...noUsage, microUsd: 0 }, source: "cached" };
      }
      for await (const part of model.stream(request, signal, caller)) yield part.type === "finish" ? { ...part, request: name } : part;
    },
  };
}
