// A chain of models: when one can't answer for a reason that another could mend, and nothing of an answer was handed on,
// the next is asked.
import type { Model, ModelPart } from "./model.ts";

type Failed = Extract<ModelPart, { type: "failure" }>;

export function fallback(first: Model, others: readonly Model[]): Model {
  if (others.length === 0) return first;
  const chain = [first, ...others];
  return {
    id: first.id,
    kind: first.kind,
    async *stream(request, signal, caller) {
      const before: Failed[] = [];
      for (const [index, model] of chain.entries()) {
        let failed: Failed | undefined;
        let begun = false;
        for await (const part of model.stream(request, signal, caller)) {
          if (part.type === "failure") {
            failed = part;
            break;
          }
          if (part.type !== "notice") begun = true;
          yield part.type === "finish" && index > 0 ? { ...part, answeredBy: model.id } : part;
        }
        if (!failed) return;
        const next = chain[index + 1];
        if (begun || !failed.trouble || !next || signal.aborted) return yield withEarlier(failed, before);
        before.push(failed);
        yield { type: "notice", text: `${failed.failure.message} ${next.id} is asked instead of ${model.id}.` };
      }
    },
  };
}

/** A chain's failure says what became of all that were asked. */
function withEarlier(failed: Failed, before: readonly Failed[]): Failed {
  if (before.length === 0 || failed.failure.code === "cancelled") return failed;
  const message = [...before, failed].map(({ failure }) => failure.message).join(" ");
  return { ...failed, failure: { ...failed.failure, message } };
}
