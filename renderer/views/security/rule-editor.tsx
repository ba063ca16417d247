// A rule for one agent and one tool before it is added: what holds now, and what it would have done to past calls.
import { useEffect, useRef } from "react";
import { trialWords, type Leave, type PolicyCell, type PolicyMatrix, type PolicyTrial, type RunId } from "../../../core/contract/index.ts";
import {
  addRule,
  changeRule,
  closeRule,
  ruleParts,
  runUnderWay,
  usePermissions,
  type RuleDraft,
  type RulePart,
} from "../../state/permissions.ts";
import { showRun, useRun } from "../../state/run.ts";
import { goTo } from "../../state/screen.ts";
import { Button } from "../../ui/button.tsx";
import { JsonText } from "../../ui/json-text.tsx";
import { LeaveBadge } from "../../ui/leave-badge.tsx";
import { Empty, FailureNote } from "../../ui/notice.tsx";

const leaves: readonly Leave[] = ["allow", "ask", "deny"];

const parts: Readonly<Record<RulePart, { word: string; hint: string }>> = {
  paths: { word: "files", hint: "src/**" },
  hosts: { word: "hosts", hint: "*.example.com" },
  command: { word: "commands", hint: "npm test" },
  if: { word: "arguments", hint: "input.amount < 100" },
};

export function RuleEditor({ matrix, draft }: { matrix: PolicyMatrix; draft: RuleDraft }) {
  const { trial, says } = usePermissions();
  const under = useRun(runUnderWay);
  const place = useRef<HTMLElement>(null);
  useEffect(() => place.current?.querySelector<HTMLElement>('[aria-pressed="true"]')?.focus(), [draft.tool, draft.agent]);
  const cell = matrix.rows.find(({ tool }) => tool === draft.tool)?.cells.find(({ agent }) => agent === draft.agent);
  return (
    <section
      ref={place}
      className="rule-editor"
      aria-label="A rule"
      onKeyDown={(event) => {
        if (event.key === "Escape") closeRule();
        if (event.key !== "Enter" || (event.target as HTMLElement).closest(".rule-actions, .link")) return;
        event.preventDefault();
        void addRule();
      }}
    >
      <h2>
        <span className="code">{draft.tool}</span> by {draft.agent}
      </h2>
      {cell ? <HoldsNow cell={cell} /> : null}
      <h3>A rule for it</h3>
      <span className="segments" role="group" aria-label="Decide">
        {leaves.map((leave) => (
          <button key={leave} type="button" aria-pressed={draft.decide === leave} onClick={() => changeRule({ decide: leave })}>
            {leave[0]?.toUpperCase()}
            {leave.slice(1)}
          </button>
        ))}
      </span>
      <label className="rule-part">
        of{" "}
        <select
          className="field"
          value={draft.part ?? ""}
          onChange={({ target }) => changeRule({ part: ruleParts.find((part) => part === target.value) })}
        >
          <option value="">every call</option>
          {ruleParts.map((part) => (
            <option key={part} value={part}>
              calls with {parts[part].word}
            </option>
          ))}
        </select>
      </label>
      {draft.part ? (
        <input
          className="field code"
          aria-label={`Pattern of ${parts[draft.part].word}`}
          placeholder={parts[draft.part].hint}
          value={draft.text}
          onChange={({ target }) => changeRule({ text: target.value })}
        />
      ) : null}
      {under ? (
        <label className="rule-part">
          for{" "}
          <select
            className="field"
            value={draft.run ?? ""}
            onChange={({ target }) => changeRule({ run: target.value === "" ? undefined : under.id })}
          >
            <option value="">every run</option>
            <option value={under.id}>this run alone: {under.goal.slice(0, 60)}</option>
          </select>
        </label>
      ) : null}
      {says ? <FailureNote failure={says} /> : trial ? <Past trial={trial} /> : <p className="quiet">Trying it against past calls…</p>}
      <div className="rule-actions">
        <Button word="Add the rule" keys="Enter" main disabled={says !== undefined} onClick={() => void addRule()} />
        <Button word="Leave it" keys="Esc" onClick={closeRule} />
      </div>
    </section>
  );
}

function HoldsNow({ cell: { usual, tainted, narrower } }: { cell: PolicyCell }) {
  return (
    <ul className="holds-now">
      <li>
        <LeaveBadge leave={usual.leave} /> <span className="code">{usual.rule}</span> {usual.reason}
      </li>
      {tainted === usual.leave ? null : (
        <li>
          <LeaveBadge leave={tainted} /> where its arguments may come from outside
        </li>
      )}
      {narrower.map(({ rule, decide }) => (
        <li key={rule}>
          <LeaveBadge leave={decide} /> <span className="code">{rule}</span> by its arguments
        </li>
      ))}
    </ul>
  );
}

function Past({ trial }: { trial: PolicyTrial }) {
  const { calls, changed, changes } = trial;
  if (calls === 0) return <p className="quiet">{trialWords(trial)}</p>;
  return (
    <>
      <p role="status">{trialWords(trial)}</p>
      {changed.length === 0 ? null : (
        <ul className="past-calls" aria-label="Calls that would change">
          {changed.map(({ run, seq, tool, agent, input, now, tried }) => (
            <li key={seq}>
              <span className="past-change">
                <LeaveBadge leave={now} /> → <LeaveBadge leave={tried.leave} />
                <span className="code">{tool}</span> by {agent}
                <button type="button" className="link" onClick={() => openRun(run)}>
                  Open run
                </button>
              </span>
              <JsonText value={input} exact />
            </li>
          ))}
        </ul>
      )}
      {changes > changed.length ? <Empty title={`and ${changes - changed.length} more`} /> : null}
    </>
  );
}

function openRun(run: RunId): void {
  showRun(run);
  goTo("runs");
}
