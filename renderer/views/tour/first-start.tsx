// The first start: the person's own sentence, run for real.
import { useState, type KeyboardEvent } from "react";
import { goalMistake, startGoal, useGoal } from "../../state/goal.ts";
import { useHost } from "../../state/host.ts";
import { useScreen } from "../../state/screen.ts";
import { FailureNote } from "../../ui/notice.tsx";
import { Keys } from "../../ui/keys.tsx";

const example = "Lunch with Sara tomorrow at 1pm at Chipotle, paid $23.50, remember she is vegetarian";

export function FirstStart() {
  const [sentence, setSentence] = useState(example);
  const [tried, setTried] = useState(false);
  const { failure, starting } = useGoal();
  const model = useHost((state) => state.status?.model);
  const trouble = tried ? (goalMistake(sentence) ?? failure) : undefined;
  const run = () => {
    setTried(true);
    if (goalMistake(sentence)) return;
    useScreen.setState({ tour: 0 });
    void startGoal(sentence).then((started) => started || useScreen.setState({ tour: undefined }));
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    run();
  };
  return (
    <section className="panel first-start" aria-label="First start">
      <h1>Say something, and watch it being done</h1>
      <p>
        BotMojo splits a sentence into parts, gives each to an agent, and keeps what you told it, on this machine.{" "}
        {model?.kind === "language"
          ? `${model.id} does this one.`
          : "No account, no key, no network: the built-in rules do this one. They are not a language model, and say so when a sentence is beyond them."}
      </p>
      <label htmlFor="first-sentence">Change it to your own, or run it as it is</label>
      <textarea
        id="first-sentence"
        rows={3}
        value={sentence}
        aria-invalid={trouble !== undefined}
        onChange={(event) => {
          setSentence(event.target.value);
          setTried(false);
        }}
        onKeyDown={onKeyDown}
      />
      {trouble ? <FailureNote failure={trouble} /> : null}
      <div className="first-actions">
        <button type="button" className="button main" onClick={run} disabled={starting}>
          Run it <Keys keys="Enter" />
        </button>
        <span className="quiet">It really happens: the lunch goes into your calendar here.</span>
      </div>
    </section>
  );
}
