// What a run came to: its answer, or why there is none, and what it kept.
import { Check, Copy } from "lucide-react";
import { useState } from "react";
import type { RunHead } from "../../../core/contract/index.ts";
import { useScreen } from "../../state/screen.ts";
import { itemKinds, itemText } from "../../ui/item-words.ts";
import { Keys } from "../../ui/keys.tsx";
import { FailureNote } from "../../ui/notice.tsx";
import { duration } from "../../ui/times.ts";

export function Outcome({ run }: { run: RunHead }) {
  const took = run.endedAt === null ? "" : duration(run.endedAt - run.startedAt);
  if (run.failure) {
    return (
      <div className="outcome">
        <FailureNote failure={run.failure}>
          {run.failure.code === "model.needed" ? (
            <button type="button" className="button" onClick={() => useScreen.setState({ overlay: "model" })}>
              Connect a model
            </button>
          ) : null}
        </FailureNote>
      </div>
    );
  }
  if (run.answer === null && run.items.length === 0) return null;
  return (
    <div className="outcome">
      {run.answer === null ? null : (
        <div className="answer">
          <p data-testid="answer">{run.answer}</p>
          <div className="answer-meta">
            <span className="quiet code">
              {run.modelKind === "rules" ? "rules model, not a language model" : run.model} · {took}
            </span>
            <CopyButton text={run.answer} />
          </div>
        </div>
      )}
      {run.items.length === 0 ? null : (
        <ul className="kept" aria-label="Kept">
          {run.items.map((item) => (
            <li key={item.id}>
              <span className="kind">{itemKinds[item.body.kind]}</span>
              <span>{itemText(item.body)}</span>
              <q className="quiet">{item.words}</q>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function CopyButton({ text }: { text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <button type="button" className="plain-button answer-copy" title="Copy the answer" onClick={() => void copy()}>
      {copied ? <Check className="icon tone-done" aria-hidden /> : <Copy className="icon" aria-hidden />}
      {copied ? "Copied" : "Copy"} <Keys keys="Y" />
    </button>
  );
}
