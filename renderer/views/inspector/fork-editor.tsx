// Another result for a step, and what else can be done from it.
import { GitFork, OctagonPause, Pencil } from "lucide-react";
import { lazy, Suspense } from "react";
import { programOf, type StepState } from "../../../core/contract/index.ts";
import { breakHere, breakpointOf, useBreakpoints } from "../../state/breakpoints.ts";
import { closeForkDraft, editAndFork, forkWithDraft, readForkDraft, useForkDraft } from "../../state/fork-draft.ts";
import { useRun } from "../../state/run.ts";
import { Button } from "../../ui/button.tsx";
import { Empty } from "../../ui/notice.tsx";

const JsonEditor = lazy(() => import("../../ui/json-editor.tsx"));

export function ForkEditor({ step }: { step: StepState }) {
  const draft = useForkDraft();
  const read = readForkDraft(draft);
  return (
    <section className="fork-editor" aria-label="Edit and fork">
      <Suspense fallback={<Empty title="Opening the editor…" />}>
        <JsonEditor
          value={draft.text}
          label={`Result of ${step.id}`}
          focus
          onChange={(text) => useForkDraft.setState({ text })}
          onEscape={closeForkDraft}
        />
      </Suspense>
      {read.ok ? (
        <p className="in-place quiet">A new run takes this as {step.id}’s result and does anew what came of it. This run stays as it is.</p>
      ) : (
        <p className="in-place tone-failed" role="alert">
          {read.says}
        </p>
      )}
      <div className="actions">
        <Button
          icon={GitFork}
          word="Fork with this result"
          keys="Mod+Enter"
          main
          disabled={!read.ok}
          onClick={() => void forkWithDraft()}
        />
        <Button word="Leave it" keys="Esc" onClick={closeForkDraft} />
      </div>
    </section>
  );
}

export function StepActions({ step }: { step: StepState }) {
  const editing = useForkDraft((state) => state.step);
  const text = useRun(({ shown, step: chosen }) => breakpointOf(shown, chosen));
  const set = useBreakpoints(({ list }) => list.some((known) => known.text === text && known.enabled));
  const followed = useRun(({ newest }) => programOf(newest?.revisions.at(-1)?.plan) !== undefined);
  if (editing !== undefined) return null;
  return (
    <div className="actions step-actions">
      {step.status === "completed" && !followed ? (
        <Button icon={Pencil} word="Edit and fork" keys="E" main onClick={() => void editAndFork()} />
      ) : null}
      <Button
        icon={OctagonPause}
        word={set ? "No break here" : "Break here"}
        keys="H"
        says={set ? `Remove the breakpoint ${text}` : "Hold the next run, and this one, before this step"}
        pressed={set}
        onClick={() => void breakHere()}
      />
    </div>
  );
}
