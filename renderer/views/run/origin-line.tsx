// What a run began from when not from a goal alone, and how a replay went.
import type { ReplayOptions, ReplayReport, RunHead } from "../../../core/contract/index.ts";
import { selectStep, showRun } from "../../state/run.ts";
import { SourceBadge, type Source } from "../../ui/source-badge.tsx";

export function OriginLine({ run: { origin, replay, status } }: { run: RunHead }) {
  if (!origin) return null;
  const forked = origin.kind === "fork";
  const source: Source = forked ? (origin.edits.length > 0 ? "edited" : "fork") : "recorded";
  return (
    <div className="origin-line">
      <SourceBadge source={source} />
      <span className="ellipsis">
        {forked ? forkWords(origin) : "Replay of "}
        <button type="button" className="link" onClick={() => showRun(origin.run, forked ? origin.at : undefined)}>
          its original
        </button>
        {forked ? null : sourcesInWords(origin.options)}
      </span>
      {forked ? null : replay ? <Report report={replay} /> : <span className="quiet">{status === "running" ? "Replaying…" : ""}</span>}
    </div>
  );
}

function forkWords({ at, edits }: { at: number; edits: readonly { step: string }[] }): string {
  const edited = edits.map(({ step }) => step).join(", ");
  return `Forked at event ${at}${edited ? ` with ${edited} edited` : ""} from `;
}

/** " with finance live, memory edited"; empty when all is as recorded. */
function sourcesInWords({ otherwise, steps }: ReplayOptions): string {
  const chosen = Object.entries(steps).filter(([, { is }]) => is !== "recorded");
  const parts = [
    ...(otherwise.is === "recorded" ? [] : [`every step ${sourceWords[otherwise.is]}`]),
    ...chosen.map(([step, { is }]) => `${step} ${sourceWords[is]}`),
  ];
  return parts.length === 0 ? "" : ` with ${parts.join(", ")}`;
}

const sourceWords = {
  recorded: "recorded",
  edited: "edited",
  static: "static",
  simulated: "simulated",
  live: "live",
  deny: "denied",
} as const;

function Report({ report }: { report: ReplayReport }) {
  const { firstDivergence: first, reused, exact, divergent, unmatched, live, edited } = report;
  const counts = { reused, exact, divergent, unmatched, live, edited };
  return (
    <>
      <span className="replay-counts" data-testid="replay-report">
        {Object.entries(counts).map(([word, count]) => (
          <span key={word} className={count === 0 ? "quiet" : word === "divergent" || word === "unmatched" ? "tone-failed" : ""}>
            <span className="number">{count}</span> {word}
          </span>
        ))}
      </span>
      {first ? (
        <span className="ellipsis">
          <button type="button" className="link" onClick={() => selectStep(first.step)}>
            First divergence at {first.key}
          </button>
          <span className="tone-failed">
            {first.cause}: {first.says}
          </span>
        </span>
      ) : (
        <span className="tone-done">No divergence</span>
      )}
    </>
  );
}
