// Ask or tell, from any screen.
import { Check, Cpu, CornerDownRight, Radio, Search } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { startGoal, useGoal } from "../state/goal.ts";
import { useHost } from "../state/host.ts";
import { useScreen } from "../state/screen.ts";
import { Keys } from "../ui/keys.tsx";

export function GoalBar() {
  const goal = useScreen((state) => state.goal);
  const history = useScreen((state) => state.history);
  const planFirst = useScreen((state) => state.planFirst);
  const { failure, starting } = useGoal();
  const model = useHost((state) => state.status?.model);
  const [back, setBack] = useState(-1);

  const write = (text: string) => {
    useScreen.setState({ goal: text });
    useGoal.setState({ failure: undefined });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      setBack(-1);
      void startGoal(goal);
    }
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const to = Math.max(-1, Math.min(history.length - 1, back + (event.key === "ArrowUp" ? 1 : -1)));
      event.preventDefault();
      setBack(to);
      write(to < 0 ? "" : (history[to] ?? ""));
    }
    if (event.key === "Escape") event.currentTarget.blur();
  };

  return (
    <header className="goal-bar">
      <div className={`goal-field${failure ? " wrong" : ""}`}>
        <CornerDownRight className="icon quiet" aria-hidden />
        <input
          id="goal"
          aria-label="Goal"
          aria-invalid={failure !== undefined}
          aria-describedby={failure ? "goal-failure" : undefined}
          placeholder="Ask or tell BotMojo"
          autoComplete="off"
          autoFocus
          value={goal}
          disabled={starting}
          onChange={(event) => write(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <button
          type="button"
          className="plan-first"
          aria-pressed={planFirst}
          title="Hold after the triage, to look at the plan before it is done"
          onClick={() => useScreen.setState({ planFirst: !planFirst })}
        >
          {planFirst ? <Check className="icon" aria-hidden /> : null} Plan first <Keys keys="Mod+P" />
        </button>
        <Keys keys="Mod+L" />
        {failure ? (
          <div id="goal-failure" className="goal-failure" role="alert">
            {failure.message} {failure.remedy}
          </div>
        ) : null}
      </div>
      <button type="button" className="plain-button model-button" onClick={() => useScreen.setState({ overlay: "model" })}>
        {model?.kind === "language" ? <Radio className="icon tone-live" aria-hidden /> : <Cpu className="icon tone-live" aria-hidden />}
        <span>{model?.kind === "language" ? model.id : "Rules model"}</span>
        <span className="quiet model-where">
          {model?.kind === "language" ? (model.leavesMachine ? "off this machine" : "on this machine") : "built in, offline"}
        </span>
      </button>
      <button
        type="button"
        className="plain-button"
        title="Find a command or a run"
        onClick={() => useScreen.setState({ overlay: "palette" })}
      >
        <Search className="icon" aria-hidden />
        Find
        <Keys keys="Mod+K" />
      </button>
    </header>
  );
}
