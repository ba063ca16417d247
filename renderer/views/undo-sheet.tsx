// What an undo would change, before it does.
import { Undo2 } from "lucide-react";
import type { ReactNode } from "react";
import { useRun } from "../state/run.ts";
import { closeUndo, countsInWords, fileChange, mostLines, undoRun, useUndo } from "../state/undo.ts";
import { itemKinds, itemText } from "../ui/item-words.ts";
import { Button } from "../ui/button.tsx";
import { Sheet } from "../ui/sheet.tsx";

export default function UndoSheet() {
  const { plan, words: said } = useUndo();
  const run = useRun((state) => state.newest);
  if (!plan || !run) return null;
  const { files, items, messages } = plan;
  const kept = run.items.filter(({ id }) => items.includes(id));
  const within = (path: string) => (path.startsWith(`${run.workspace}/`) ? path.slice(run.workspace.length + 1) : path);
  return (
    <Sheet label="Undo this run" onClose={closeUndo}>
      <h2 className="sheet-title">Undo this run?</h2>
      <p className="sheet-text">
        {countsInWords({ files: files.length, items: items.length, messages: messages.length })} change. The run stays in the list and can
        be brought back.
      </p>
      <div className="undo-lists">
        <Changes title="Files" count={files.length}>
          {files.slice(0, mostLines).map((swap) => (
            <li key={swap.path}>
              <span className="kind">{fileChange(swap)}</span>
              <span className="code ellipsis" title={swap.path}>
                {within(swap.path)}
              </span>
            </li>
          ))}
        </Changes>
        <Changes title="Kept items" count={items.length}>
          {kept.slice(0, mostLines).map((item) => (
            <li key={item.id}>
              <span className="kind">Forgotten</span>
              <span className="ellipsis">
                <span className="quiet">{itemKinds[item.body.kind]}:</span> {itemText(item.body)}
              </span>
            </li>
          ))}
        </Changes>
        <Changes title="Conversation" count={messages.length}>
          {said.map((words, index) => (
            <li key={`${index}${words}`}>
              <span className="kind">Out of it</span>
              <q className="ellipsis" title={words}>
                {words}
              </q>
            </li>
          ))}
        </Changes>
      </div>
      <div className="actions sheet-actions">
        <Button word="Cancel" keys="Esc" onClick={closeUndo} />
        <Button icon={Undo2} word="Undo" keys="Enter" main onClick={() => void undoRun()} />
      </div>
    </Sheet>
  );
}

function Changes({ title, count, children }: { title: string; count: number; children: ReactNode }) {
  if (count === 0) return null;
  return (
    <section>
      <h3>
        {title} <span className="quiet number">{count}</span>
      </h3>
      <ul>{children}</ul>
      {count > mostLines ? <p className="quiet">and {count - mostLines} more</p> : null}
    </section>
  );
}
