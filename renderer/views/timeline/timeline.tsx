// The run's events on one line of time; drag or step to be there again.
import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight, Radio, type LucideIcon } from "lucide-react";
import { useEffect, useMemo, useRef, type CSSProperties } from "react";
import type { Event } from "../../../core/contract/index.ts";
import { showRun, stepShown, travelBy, travelTo, useRun } from "../../state/run.ts";
import { useRuns } from "../../state/runs.ts";
import { onThemeChange } from "../../ui/theme-change.ts";
import { duration } from "../../ui/times.ts";
import { drawTimeline } from "./draw-timeline.ts";
import { marksOf, stepBars, type Mark, type Tone } from "./timeline-marks.ts";

const legend: readonly { tone: Tone; word: string }[] = [
  { tone: "model", word: "Model" },
  { tone: "tool", word: "Tool" },
  { tone: "memory", word: "Memory" },
  { tone: "error", word: "Error" },
];

export function Timeline() {
  const events = useRun((state) => state.events);
  const at = useRun((state) => state.at);
  const running = useRun((state) => state.newest?.status === "running");
  const step = useRun((state) => state.shown && stepShown(state.shown, state.step)?.step.id);
  const canvas = useRef<HTMLCanvasElement>(null);
  const run = useRun((state) => state.id);
  const runs = useRuns((state) => state.runs);
  const bars = useMemo(() => stepBars(events), [events]);
  const marks = useMemo(() => {
    const forks = runs.filter(({ origin }) => origin?.kind === "fork" && origin.run === run);
    return marksOf(events, forks);
  }, [events, runs, run]);
  const index = at === undefined ? events.length - 1 : events.findIndex(({ seq }) => seq === at);
  const event = events[index];
  const began = events[0]?.at ?? 0;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const draw = () => drawTimeline(element, { events, bars, marks, current: index, step });
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    const stop = onThemeChange(draw);
    return () => {
      observer.disconnect();
      stop();
    };
  }, [events, bars, marks, index, step]);

  return (
    <section className="panel timeline" aria-label="Time travel">
      <div className="timeline-head">
        <StepButton label="First event" icon={ChevronFirst} disabled={index <= 0} onClick={() => travelTo(events[0]?.seq)} />
        <StepButton label="One event back" icon={ChevronLeft} disabled={index <= 0} onClick={() => travelBy(-1)} />
        <StepButton label="One event forward" icon={ChevronRight} disabled={at === undefined} onClick={() => travelBy(1)} />
        <StepButton label="Newest event" icon={ChevronLast} disabled={at === undefined} onClick={() => travelTo(undefined)} />
        <span className="code timeline-at">
          event {index + 1} of {events.length}
        </span>
        {running && at === undefined ? (
          <span className="badge tone-live">
            <Radio className="icon" aria-hidden /> Live
          </span>
        ) : null}
        <span className="quiet code ellipsis">
          {event ? `${event.type}${event.step ? ` in ${event.step}` : ""}, ${((event.at - began) / 1000).toFixed(3)} s` : ""}
        </span>
        <span className="grow" />
        <span className="legend">
          {legend.map(({ tone, word }) => (
            <span key={tone} className={`legend-${tone}`}>
              {word}
            </span>
          ))}
        </span>
      </div>
      <div className="timeline-track">
        <canvas ref={canvas} aria-hidden />
        <input
          type="range"
          aria-label="Event"
          aria-valuetext={
            event ? `event ${index + 1} of ${events.length}, ${event.type}${event.step ? ` in ${event.step}` : ""}` : "no event"
          }
          min={0}
          max={Math.max(0, events.length - 1)}
          value={Math.max(0, index)}
          onChange={(change) => travelTo(events[Number(change.target.value)]?.seq)}
        />
      </div>
      <Marks marks={marks} events={events} />
      <div className="timeline-scale quiet number" aria-hidden>
        <span>0 s</span>
        <span>{duration((events.at(-1)?.at ?? began) - began)}</span>
      </div>
    </section>
  );
}

/** The words of the marks, each under its place. */
function Marks({ marks, events }: { marks: readonly Mark[]; events: readonly Event[] }) {
  if (marks.length === 0) return null;
  const share = (index: number) => index / Math.max(1, events.length - 1);
  return (
    <ul className="timeline-marks" aria-label="Breaks and forks">
      {marks.map(({ index, text, tone, run, narrow }) => (
        <li
          key={`${index}${text}`}
          className={`mark-${tone}${share(index) > 0.5 ? " before" : ""}${narrow ? " narrow" : ""}`}
          style={{ "--share": share(index) } as CSSProperties}
        >
          <button type="button" title={text} aria-label={text} onClick={() => (run ? showRun(run) : travelTo(events[index]?.seq))}>
            {narrow ? "" : text}
          </button>
        </li>
      ))}
    </ul>
  );
}

interface StepButtonProps {
  readonly label: string;
  readonly icon: LucideIcon;
  readonly disabled: boolean;
  readonly onClick: () => void;
}

/** Stays focusable when there is nowhere to go, so that stepping does not lose its place. */
function StepButton({ label, icon: Icon, disabled, onClick }: StepButtonProps) {
  return (
    <button type="button" className="plain-button" aria-label={label} title={label} aria-disabled={disabled} onClick={onClick}>
      <Icon className="icon" aria-hidden />
    </button>
  );
}
