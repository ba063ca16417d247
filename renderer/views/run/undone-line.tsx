// What stands at the head of a run that was taken back, and the way back.
import { Undo2 } from "lucide-react";
import type { RunHead } from "../../../core/contract/index.ts";
import { bringBack } from "../../state/undo.ts";

export function UndoneLine({ run: { left } }: { run: RunHead }) {
  return (
    <div className="revision-line" role="status">
      <Undo2 className="icon tone-cancelled" aria-hidden />
      <span className="ellipsis">
        What it did to files, memory and the conversation was taken back.
        {left.length > 0 ? <span className="tone-waiting"> Left, for they had changed: {left.join(", ")}.</span> : null}
      </span>
      <button type="button" className="link" onClick={() => void bringBack()}>
        Bring back
      </button>
    </div>
  );
}
