// The run's events on one line of time; drag or step to be there again.
import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight, Radio, type LucideIcon } from "lucide-react";
import { useEffect, useMemo, useRef, type CSSProperties } from "react";
import type { EventSort } from "../../../core/contract/index.ts";
import { findPlaces, useOutline } from "../../state/outline.ts";
import { showRun, travelBy, travelTo, travelToPlace, useRun } from "../../state/run.ts";
import { stepShown } from "../../state/step-shown.ts";
import { useRuns } from "../../state/runs.ts";
import { onThemeChange } from "../../ui/theme-change.ts";
import { duration } from "../../ui/times.ts";
import { drawTimeline } from "./draw-timeline.ts";
import { markedEvents, marksOf, type Mark } from "./timeline-marks.ts";

const legend: readonly { tone: EventSort; word: string }[] = [
  { tone: "model", word: "Model" },
  { tone: "tool", word: "Tool" },
  { tone: "memory", word: "Memory" },
  { tone: "error", word: "Error" },
];

export function Timeline() {
  const newest = useRun((state) => state.newest);
  const place = useRun((state) => state.shown?.place);
  const heading = useRun((state) => state.heading);
  const { outline, places } = useOutline();
  const at = useRun((state) => state.at);
  const running = useRun((state) => state.newest?.status === "running");
  const step = useRun((state) => state.shown && stepShown(state.shown, state.step));
  const canvas = useRef<HTMLCanvasElement>(null);
  const run = useRun((state) => state.id);
  const runs = useRuns((state) => state.runs);
  const total = newest?.place.total ?? 0;
  const index = heading ?? place?.index ?? -1;
  const forks = useMemo(() => runs.filter(({ origin }) => origin?.kind === "fork" && origin.run === run), [runs, run]);
  const marked = JSON.stringify(markedEvents(newest, forks));
  useEffect(() => void findPlaces(run, JSON.parse(marked) as number[]), [run, marked]);
  const marks = useMemo(() => (newest ? marksOf(newest, forks, { places, total }) : []), [newest, forks, places, total]);
  const began = place?.firstAt ?? 0;
  const says = place ? `${place.type}${place.step ? ` in ${place.step}` : ""}` : "";

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const draw = () => drawTimeline(element, { outline, total, marks, current: index, step });
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    const stop = onThemeChange(draw);
    return () => {
      observer.disconnect();
      stop();
    };
  }, [outline, total, marks, index, step]);

  return (
    <section className="panel timeline" aria-label="Time travel">
      <div className="timeline-head">
        <StepButton label="First event" icon={ChevronFirst} disabled={index <= 0} onClick={() => travelToPlace(0)} />
        <StepButton label="One event back" icon={ChevronLeft} disabled={index <= 0} onClick={() => travelBy(-1)} />
        <StepButton label="One event forward" icon={ChevronRight} disabled={at === undefined} onClick={() => travelBy(1)} />
        <StepButton label="Newest event" icon={ChevronLast} disabled={at === undefined} onClick={() => travelTo(undefined)} />
        <span className="code timeline-at">
          event {(index + 1).toLocaleString("en")} of {total.toLocaleString("en")}
        </span>
        {running && at === undefined ? (
          <span className="badge tone-live">
            <Radio className="icon" aria-hidden /> Live
          </span>
        ) : null}
        <span className="quiet code ellipsis">{place ? `${says}, ${((place.at - began) / 1000).toFixed(3)} s` : ""}</span>
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
          aria-valuetext={place ? `event ${index + 1} of ${total}, ${says}` : "no event"}
          min={0}
          max={Math.max(0, total - 1)}
          value={Math.max(0, index)}
          onChange={(change) => travelToPlace(Number(change.target.value))}
        />
      </div>
      <Marks marks={marks} total={total} />
      <div className="timeline-scale quiet number" aria-hidden>
        <span>0 s</span>
        <span>{duration((newest?.place.lastAt ?? began) - began)}</span>
      </div>
    </section>
  );
}

/** The words of the marks, each under its place. */
function Marks({ marks, total }: { marks: readonly Mark[]; total: number }) {
  if (marks.length === 0) return null;
  const share = (index: number) => index / Math.max(1, total - 1);
  return (
    <ul className="timeline-marks" aria-label="Breaks and forks">
      {marks.map(({ index, text, tone, run, narrow }) => (
        <li
          key={`${index}${text}`}
          className={`mark-${tone}${share(index) > 0.5 ? " before" : ""}${narrow ? " narrow" : ""}`}
          style={{ "--share": share(index) } as CSSProperties}
        >
          <button type="button" title={text} aria-label={text} onClick={() => (run ? showRun(run) : travelToPlace(index))}>
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
