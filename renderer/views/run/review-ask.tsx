// A question that the run waits with, and the ways to answer it.
import { Check, Hand, X } from "lucide-react";
import { lazy, Suspense } from "react";
import type { CallProposal, ReviewState, RunHead } from "../../../core/contract/index.ts";
import { readJson } from "../../state/json-draft.ts";
import {
  answerBy,
  answerReview,
  approveChanged,
  approveReview,
  canAnswer,
  changeCall,
  openReviews,
  proposedCall,
  rejectReview,
  reviewShown,
  showReview,
  useAnswering,
} from "../../state/reviews.ts";
import { CallProposed } from "./call-proposed.tsx";
import { JsonText } from "../../ui/json-text.tsx";
import { Keys } from "../../ui/keys.tsx";
import { Empty } from "../../ui/notice.tsx";

const JsonEditor = lazy(() => import("../../ui/json-editor.tsx"));

export function ReviewAsk({ run }: { run: RunHead }) {
  const chosen = useAnswering((state) => state.review);
  const mode = useAnswering((state) => state.mode);
  const open = openReviews(run);
  const asked = reviewShown(run, chosen);
  if (!asked) return null;
  const call = proposedCall(asked);
  return (
    <section className="review-ask" aria-label="Waits for your answer">
      <div className="review-question">
        <Hand className="icon tone-waiting" aria-hidden />
        <p>
          <span className="tone-waiting">{asked.step} asks</span> <strong>{asked.question}</strong>
        </p>
        {open.length > 1 ? <Others open={open} asked={asked} /> : null}
      </div>
      {mode === "change" ? null : call ? (
        <CallProposed call={call} />
      ) : hasProposal(asked) ? (
        <div className="review-proposal" role="region" aria-label="What is proposed" tabIndex={0}>
          <JsonText value={asked.proposal} />
        </div>
      ) : null}
      {mode === "ask" ? (
        <Ways answerable={canAnswer(run, asked)} call={call} />
      ) : mode === "reject" ? (
        <Reject />
      ) : mode === "change" ? (
        <Answer label="Arguments of the call" word="Approve with these" onDone={approveChanged} />
      ) : (
        <Answer label="Answer to the question" word="Go on with this answer" onDone={answerReview} />
      )}
    </section>
  );
}

function hasProposal({ proposal }: ReviewState): boolean {
  return proposal !== null && proposal !== undefined;
}

function Others({ open, asked }: { open: readonly ReviewState[]; asked: ReviewState }) {
  return (
    <span className="segments" role="group" aria-label="Questions">
      {open.slice(0, 5).map(({ id, step }) => (
        <button key={id} type="button" aria-pressed={id === asked.id} onClick={() => showReview(id)}>
          {step}
        </button>
      ))}
    </span>
  );
}

function Ways({ answerable, call }: { answerable: boolean; call: CallProposal | undefined }) {
  return (
    <div className="actions">
      <button type="button" className="button main" onClick={() => void approveReview()}>
        <Check className="icon" aria-hidden /> Approve <Keys keys="A" />
      </button>
      <button type="button" className="button" onClick={() => answerBy("reject")}>
        <X className="icon" aria-hidden /> Reject…
      </button>
      {call ? (
        <button type="button" className="button" onClick={() => changeCall(call)}>
          Change…
        </button>
      ) : null}
      {answerable ? (
        <button type="button" className="button" onClick={() => answerBy("answer")}>
          Answer…
        </button>
      ) : null}
    </div>
  );
}

function Reject() {
  const reason = useAnswering((state) => state.reason);
  return (
    <form
      className="actions review-reject"
      onSubmit={(event) => {
        event.preventDefault();
        void rejectReview();
      }}
    >
      <input
        className="field"
        aria-label="Reason to reject"
        placeholder="Why not, in a sentence; it stands with the failure"
        // oxlint-disable-next-line jsx-a11y/no-autofocus -- it was asked for by the button just pressed
        autoFocus
        value={reason}
        onChange={(event) => useAnswering.setState({ reason: event.target.value })}
        onKeyDown={(event) => event.key === "Escape" && answerBy("ask")}
      />
      <button type="submit" className="button main">
        <X className="icon" aria-hidden /> Reject <Keys keys="Enter" />
      </button>
      <button type="button" className="button" onClick={() => answerBy("ask")}>
        Back <Keys keys="Esc" />
      </button>
    </form>
  );
}

function Answer({ label, word, onDone }: { label: string; word: string; onDone: () => Promise<void> }) {
  const text = useAnswering((state) => state.text);
  const read = readJson(text);
  return (
    <>
      <div className="small-editor">
        <Suspense fallback={<Empty title="Opening the editor…" />}>
          <JsonEditor
            value={text}
            label={label}
            focus
            lineNumbers={false}
            onChange={(changed) => useAnswering.setState({ text: changed })}
            onEscape={() => answerBy("ask")}
          />
        </Suspense>
      </div>
      {read.ok ? null : (
        <p className="in-place quiet" role="status">
          {read.says}
        </p>
      )}
      <div className="actions">
        <button type="button" className="button main" disabled={!read.ok} onClick={() => void onDone()}>
          <Check className="icon" aria-hidden /> {word} <Keys keys="Mod+Enter" />
        </button>
        <button type="button" className="button" onClick={() => answerBy("ask")}>
          Back <Keys keys="Esc" />
        </button>
      </div>
    </>
  );
}
