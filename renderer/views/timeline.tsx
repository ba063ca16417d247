// The run's events on one line of time; drag or step to be there again.
import { useEffect, useRef } from "react";
import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight, Radio } from "lucide-react";
import type { Event } from "../../core/contract/index.ts";
import { travelBy, travelTo, useRun } from "../state/run.ts";

type Tone = "model" | "tool" | "memory" | "error" | "message" | "other";

const legend: readonly { tone: Tone; word: string }[] = [
  { tone: "model", word: "Model" },
  { tone: "tool", word: "Tool" },
  { tone: "memory", word: "Memory" },
  { tone: "error", word: "Error" },
];

function toneOf(event: Event): Tone {
  if (event.type.endsWith(".failed") || event.type === "tool.denied") return "error";
  if (event.type.startsWith("effect.")) return "call" in event.data && event.data.call === "tool" ? "tool" : "model";
  if (event.type === "item.learned") return "memory";
  return event.type === "message.added" ? "message" : "other";
}

export function Timeline() {
  const events = useRun((state) => state.events);
  const at = useRun((state) => state.at);
  const running = useRun((state) => state.newest?.status === "running");
  const canvas = useRef<HTMLCanvasElement>(null);
  const index = at === undefined ? events.length - 1 : events.findIndex(({ seq }) => seq === at);
  const event = events[index];
  const began = events[0]?.at ?? 0;

  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const draw = () => drawTicks(element, events, index);
    draw();
    const observer = new ResizeObserver(draw);
    observer.observe(element);
    const theme = matchMedia("(prefers-color-scheme: light)");
    theme.addEventListener("change", draw);
    return () => {
      observer.disconnect();
      theme.removeEventListener("change", draw);
    };
  }, [events, index]);

  return (
    <section className="panel timeline" aria-label="Time travel">
      <div className="timeline-head">
        <button type="button" className="plain-button" aria-label="First event" onClick={() => travelTo(events[0]?.seq)}>
          <ChevronFirst className="icon" aria-hidden />
        </button>
        <button type="button" className="plain-button" aria-label="One event back" onClick={() => travelBy(-1)}>
          <ChevronLeft className="icon" aria-hidden />
        </button>
        <button type="button" className="plain-button" aria-label="One event forward" onClick={() => travelBy(1)}>
          <ChevronRight className="icon" aria-hidden />
        </button>
        <button type="button" className="plain-button" aria-label="Newest event" onClick={() => travelTo(undefined)}>
          <ChevronLast className="icon" aria-hidden />
        </button>
        <span className="code">
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
          aria-valuetext={event ? `event ${index + 1}, ${event.type}` : "no event"}
          min={0}
          max={Math.max(0, events.length - 1)}
          value={Math.max(0, index)}
          onChange={(change) => travelTo(events[Number(change.target.value)]?.seq)}
        />
      </div>
    </section>
  );
}

function drawTicks(canvas: HTMLCanvasElement, events: readonly Event[], current: number): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || width === 0) return;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  context.scale(devicePixelRatio, devicePixelRatio);
  const styles = getComputedStyle(canvas);
  const colour = (name: string) => styles.getPropertyValue(name);
  const step = events.length > 1 ? (width - 16) / (events.length - 1) : 0;
  for (const [index, event] of events.entries()) {
    const tone = toneOf(event);
    context.fillStyle = colour(tone === "other" ? "--strong-line" : `--chart-${tone}`);
    context.globalAlpha = index <= current ? 1 : 0.35;
    const tall = tone === "other" ? 10 : 18;
    context.fillRect(8 + index * step - 1, (height - tall) / 2, 2, tall);
  }
  context.globalAlpha = 1;
  context.fillStyle = colour("--accent");
  context.fillRect(8 + current * step - 0.5, 0, 1, height);
}
