// Said across the window when a run was removed, by whichever door.
import { X } from "lucide-react";
import { useRuns } from "../state/runs.ts";

export function RemovedNotice() {
  const removed = useRuns((state) => state.removed);
  if (!removed) return null;
  const name = removed.goal === undefined ? "A run" : `“${removed.goal}”`;
  return (
    <div className="removed-notice" role="status">
      <span className="ellipsis">
        {name} was removed, with its texts and what it had kept.
        {removed.open ? " It was on show here." : ""}
      </span>
      <button type="button" className="plain-button" aria-label="Put this away" title="Put this away" onClick={putAway}>
        <X className="icon" aria-hidden />
      </button>
    </div>
  );
}

function putAway(): void {
  useRuns.setState({ removed: undefined });
}
