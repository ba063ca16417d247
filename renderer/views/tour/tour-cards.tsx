// Four cards over a real run that say what is seen, each beside what it tells of.
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useRoom } from "../../state/room.ts";
import { useRun } from "../../state/run.ts";
import { endTour, useScreen } from "../../state/screen.ts";
import { Keys } from "../../ui/keys.tsx";
import { placeCard, type CardPlace } from "./card-place.ts";

const cards = [
  {
    title: "The plan",
    target: ".graph",
    text: "Each box is a step. Triage split your sentence; the parts ran side by side. Click one to look inside.",
  },
  {
    title: "The step",
    target: ".inspector",
    text: "What the step was given, what it called and what came back; under Words, the very words that led to it.",
  },
  {
    title: "Time travel",
    target: ".timeline",
    text: "Drag along the line, or press the arrow keys: the plan, the answer and the step stand as they did at any event.",
  },
  {
    title: "The console",
    target: ".console",
    text: "The log, every event, and a REPL with the command line’s commands. Press ? for all keys.",
  },
] as const;

const gapPx = 12;

export function TourCards() {
  const tour = useScreen((state) => state.tour);
  const screen = useScreen((state) => state.screen);
  const planned = useRun((state) => (state.newest?.revisions.length ?? 0) > 0);
  const card = tour === undefined ? undefined : cards[tour];
  if (!card || tour === undefined || !planned || screen !== "runs") return null;
  return <TourCard key={tour} tour={tour} card={card} />;
}

function TourCard({ tour, card }: { tour: number; card: (typeof cards)[number] }) {
  const { sides } = useRoom();
  const place = useRef<HTMLDivElement>(null);
  const next = useRef<HTMLButtonElement>(null);
  const [at, setAt] = useState<CardPlace>();
  const last = tour === cards.length - 1;
  const go = () => (last ? endTour() : useScreen.setState({ tour: tour + 1 }));

  useEffect(() => {
    const inspecting = card.target === ".inspector";
    useScreen.setState({
      ...(card.target === ".console" ? { console: true } : {}),
      ...(inspecting ? { inspector: true } : {}),
      over: inspecting && sides === "over" ? "inspector" : undefined,
    });
  }, [card, sides]);

  const placed = at !== undefined;
  useEffect(() => {
    if (placed) next.current?.focus();
  }, [placed]);

  useLayoutEffect(() => {
    const move = () => {
      const target = document.querySelector(card.target);
      if (!target || !place.current) return;
      const { offsetWidth: width, offsetHeight: height } = place.current;
      setAt(placeCard(target.getBoundingClientRect(), { width, height }, { width: innerWidth, height: innerHeight }, gapPx));
      for (const marked of document.querySelectorAll("[data-toured]")) delete (marked as HTMLElement).dataset["toured"];
      (target as HTMLElement).dataset["toured"] = "";
    };
    move();
    // What a card points at may open with it, or grow while the run goes on.
    const timer = setInterval(move, 200);
    return () => {
      clearInterval(timer);
      for (const marked of document.querySelectorAll("[data-toured]")) delete (marked as HTMLElement).dataset["toured"];
    };
  }, [card]);

  return (
    <div
      ref={place}
      className="tour-card"
      style={at ? { left: at.left, top: at.top } : { visibility: "hidden" }}
      role="dialog"
      aria-label={`Tour: ${card.title}`}
    >
      <strong>{card.title}</strong>
      <p>{card.text}</p>
      <div className="first-actions">
        <button ref={next} type="button" className="button main" onClick={go}>
          {last ? "Done" : "Next"} <Keys keys="Enter" />
        </button>
        {last ? null : (
          <button type="button" className="button" onClick={endTour}>
            Skip <Keys keys="Esc" />
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
