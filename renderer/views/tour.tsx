// The first start: the person's own sentence, run for real, and four cards that say what is seen.
import { useEffect, useState } from "react";
import { startGoal } from "../state/goal.ts";
import { useRun } from "../state/run.ts";
import { useRuns } from "../state/runs.ts";
import { useScreen } from "../state/screen.ts";

const example = "Lunch with Sara tomorrow at 1pm at Chipotle, paid $23.50, remember she is vegetarian";

export function FirstStart() {
  const [sentence, setSentence] = useState(example);
  const run = () => {
    useScreen.setState({ tour: 0 });
    void startGoal(sentence);
  };
  return (
    <section className="panel first-start" aria-label="First start">
      <h1>Say something, and watch it being done</h1>
      <p>
        BotMojo splits a sentence into parts, gives each to an agent, and keeps what you told it, on this machine. No account, no key, no
        network: the built-in rules do this one. They are not a language model, and say so when a sentence is beyond them.
      </p>
      <label htmlFor="first-sentence">Change it to your own, or run it as it is</label>
      <textarea id="first-sentence" rows={3} value={sentence} onChange={(event) => setSentence(event.target.value)} />
      <div className="first-actions">
        <button type="button" className="button main" onClick={run}>
          Run it
        </button>
        <span className="quiet">It really happens: the lunch goes into your calendar here.</span>
      </div>
    </section>
  );
}

const cards = [
  { title: "The plan", text: "Each box is a step. Triage split your sentence; the parts ran side by side. Click one to look inside." },
  { title: "The step", text: "On the right: what the step was given, what it called, and, under Words, the very words that led to it." },
  { title: "Time travel", text: "Drag along the line, or press the arrow keys, and the plan shows how it stood at any event." },
  { title: "The console", text: "Below: the log, every event, and a REPL with the command line’s commands. Press ? for all keys." },
] as const;

export function TourCards() {
  const tour = useScreen((state) => state.tour);
  const finished = useRun((state) => state.newest !== undefined && state.newest.status !== "running");
  const any = useRuns((state) => state.runs.length > 0);
  useEffect(() => {
    if (tour === undefined) return;
    useScreen.setState({ console: true });
  }, [tour]);
  const card = tour === undefined ? undefined : cards[tour];
  if (!card || tour === undefined || !any || !finished) return null;
  const last = tour === cards.length - 1;
  const end = () => useScreen.setState({ tour: undefined, toured: true });
  return (
    <div className={`tour-card tour-${tour}`} role="dialog" aria-label={`Tour: ${card.title}`}>
      <strong>{card.title}</strong>
      <p>{card.text}</p>
      <div className="first-actions">
        <button type="button" className="button main" onClick={() => (last ? end() : useScreen.setState({ tour: tour + 1 }))}>
          {last ? "Done" : "Next"}
        </button>
        {last ? null : (
          <button type="button" className="button" onClick={end}>
            Skip
          </button>
        )}
        <span className="grow" />
        <span className="quiet number">
          {tour + 1} of {cards.length}
        </span>
      </div>
    </div>
  );
}
