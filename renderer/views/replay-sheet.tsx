// Where each step's answers come from in a replay, chosen before it runs.
import { Disc3, Radio } from "lucide-react";
import { lazy, Suspense, type KeyboardEvent } from "react";
import { doerOf } from "../../core/contract/index.ts";
import {
  chooseSource,
  closeReplay,
  liveSteps,
  readReplayDraft,
  sourcesFor,
  startReplay,
  useReplayDraft,
  writeResult,
  type ReplayedStep,
  type SourceKind,
} from "../state/replay-draft.ts";
import { useRun } from "../state/run.ts";
import { useSteering } from "../state/steering.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Empty, FailureNote } from "../ui/notice.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { StateIcon } from "../ui/state-badge.tsx";

const JsonEditor = lazy(() => import("../ui/json-editor.tsx"));

/** More than these are found by the filter. */
const mostRows = 100;

const sources: Readonly<Record<SourceKind, { word: string; says: string }>> = {
  recorded: { word: "Recorded", says: "Its recorded answers; no call is made" },
  edited: { word: "Edited", says: "Another result in place of the recorded one" },
  static: { word: "Static", says: "A result of its own, whatever was recorded" },
  simulated: { word: "Simulated", says: "Agents answer by the built-in rules, tools by their latest recorded result" },
  live: { word: "Live", says: "Its calls are made for real" },
  deny: { word: "Deny", says: "It fails, as if policy had forbidden it" },
};
const forAll = ["recorded", "simulated", "live", "deny"] as const;

export default function ReplaySheet() {
  const run = useRun((state) => state.newest);
  const draft = useReplayDraft();
  const failure = useSteering((state) => state.failure);
  if (!run) return null;
  const { wrong } = readReplayDraft(draft);
  const words = draft.filter.trim().toLowerCase();
  const found = draft.listed.filter(({ id, step }) => words === "" || `${id} ${doerOf(step)}`.toLowerCase().includes(words));
  const live = liveSteps(draft);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    event.stopPropagation();
    void startReplay();
  };
  return (
    <Sheet label="Replay this run" onClose={closeReplay}>
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- the sheet’s own key, before an editor in it makes a line of it */}
      <div className="replay-sheet" onKeyDownCapture={onKeyDown}>
        <h2 className="sheet-title">Replay this run</h2>
        <p className="sheet-text">A new run with the same plan. Say where each step’s answers come from; this run stays as it is.</p>
        <div className="replay-head">
          <label>
            <span>Every step</span>
            <select
              aria-label="Source of every step"
              value={draft.otherwise}
              onChange={({ target }) => useReplayDraft.setState({ otherwise: forAll.find((is) => is === target.value) ?? "recorded" })}
            >
              {forAll.map((is) => (
                <option key={is} value={is}>
                  {sources[is].word}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span>If a call differs</span>
            <select
              aria-label="If a call differs from the record"
              value={draft.onDivergence}
              onChange={({ target }) => useReplayDraft.setState({ onDivergence: target.value === "use" ? "use" : "stop" })}
            >
              <option value="stop">Stop there</option>
              <option value="use">Use the recorded answer</option>
            </select>
          </label>
          {draft.listed.length > 12 ? (
            <input
              className="filter"
              aria-label="Filter steps"
              placeholder="Filter steps"
              value={draft.filter}
              onChange={({ target }) => useReplayDraft.setState({ filter: target.value })}
            />
          ) : null}
        </div>
        <ul className="replay-steps" aria-label="Steps">
          {found.slice(0, mostRows).map((step) => (
            <StepRow key={step.id} step={step} wrong={wrong[step.id]} />
          ))}
        </ul>
        {found.length === 0 ? <Empty title="No step has these words" /> : null}
        {found.length > mostRows ? <p className="sheet-text">and {found.length - mostRows} more; the filter finds them.</p> : null}
        {failure ? <FailureNote failure={failure} /> : null}
        <div className="actions sheet-actions">
          {live.length > 0 ? (
            <Badge
              look={{ icon: Radio, word: live.length === 1 ? "1 step calls for real" : `${live.length} steps call for real`, tone: "live" }}
            />
          ) : (
            <span className="quiet">No call is made to the world.</span>
          )}
          <span className="grow" />
          <Button word="Cancel" keys="Esc" onClick={closeReplay} />
          <Button
            icon={Disc3}
            word="Replay"
            keys="Mod+Enter"
            main
            disabled={Object.keys(wrong).length > 0}
            onClick={() => void startReplay()}
          />
        </div>
      </div>
    </Sheet>
  );
}

function StepRow({ step, wrong }: { step: ReplayedStep; wrong: string | undefined }) {
  const chosen = useReplayDraft((state) => state.steps[step.id]);
  const otherwise = useReplayDraft((state) => state.otherwise);
  const is = chosen?.is ?? otherwise;
  return (
    <li className={chosen ? "chosen" : undefined}>
      <StateIcon status={step.status} />
      <span className="code ellipsis" title={step.id}>
        {step.id}
      </span>
      <span className="quiet ellipsis">{doerOf(step.step)}</span>
      <select
        aria-label={`Source of ${step.id}`}
        title={sources[is].says}
        value={chosen?.is ?? "otherwise"}
        onChange={({ target }) => {
          const kind = sourcesFor(step).find((one) => one === target.value);
          void chooseSource(step.id, kind ?? "otherwise");
        }}
      >
        <option value="otherwise">As every step</option>
        {sourcesFor(step).map((kind) => (
          <option key={kind} value={kind}>
            {sources[kind].word}
          </option>
        ))}
      </select>
      {chosen ? <p className="replay-says quiet">{sources[is].says}</p> : null}
      {chosen && (chosen.is === "edited" || chosen.is === "static") ? (
        <div className="replay-result">
          <Suspense fallback={<Empty title="Opening the editor…" />}>
            <JsonEditor
              value={chosen.text}
              label={`Result of ${step.id}`}
              lineNumbers={false}
              onChange={(text) => writeResult(step.id, text)}
            />
          </Suspense>
          {wrong ? (
            <p className="tone-failed" role="alert">
              {wrong}
            </p>
          ) : null}
        </div>
      ) : null}
    </li>
  );
}
