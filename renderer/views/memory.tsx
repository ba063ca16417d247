// What is kept: agenda, expenses, facts and notes, each with the words it came from and the run that learnt it.
import { useEffect, useState } from "react";
import type { Failure, Item, ItemKind } from "../../core/contract/index.ts";
import { call, useLink } from "../state/link.ts";
import { showRun } from "../state/run.ts";
import { useHost } from "../state/host.ts";
import { goTo } from "../state/screen.ts";
import { Empty, FailureNote } from "../ui/notice.tsx";
import { exactTime, shortAgo } from "../ui/times.ts";

const kinds: readonly { kind: ItemKind | undefined; name: string }[] = [
  { kind: undefined, name: "All" },
  { kind: "agenda", name: "Calendar" },
  { kind: "expense", name: "Expenses" },
  { kind: "fact", name: "Facts" },
  { kind: "note", name: "Notes" },
  { kind: "reminder", name: "Reminders" },
];

export function Memory() {
  const [kind, setKind] = useState<ItemKind | undefined>();
  const [query, setQuery] = useState("");
  const [items, setItems] = useState<readonly Item[]>();
  const [failure, setFailure] = useState<Failure>();
  const open = useLink((state) => state.link.is === "open");
  const lastSeq = useHost((state) => state.status?.lastSeq);

  useEffect(() => {
    let current = true;
    const ask = query.trim();
    void call((client) =>
      ask ? client.memory.recall({ query: ask, limit: 100 }) : client.memory.list({ limit: 500, ...(kind ? { kind } : {}) }),
    ).then((answer) => {
      if (!current || !open) return;
      if (answer.ok) setItems(answer.value.filter((item) => kind === undefined || item.body.kind === kind));
      setFailure(answer.ok ? undefined : answer.failure);
    });
    return () => {
      current = false;
    };
  }, [kind, query, open, lastSeq]);

  return (
    <section className="panel screen" aria-label="Memory">
      <div className="panel-head">
        <h1>Memory</h1>
        <span className="segments" role="group" aria-label="Kind">
          {kinds.map(({ kind: name, name: word }) => (
            <button key={word} type="button" aria-pressed={kind === name} onClick={() => setKind(name)}>
              {word}
            </button>
          ))}
        </span>
        <span className="grow" />
        <input
          className="filter wide"
          placeholder="Search what is kept"
          aria-label="Search what is kept"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      {failure ? <FailureNote failure={failure} /> : null}
      <div className="scroll" tabIndex={0} role="region" aria-label="Kept items">
        {items?.length === 0 ? (
          <Empty title={query ? "Nothing shares these words" : "Nothing is kept yet"}>
            {query ? "Try fewer or other words." : "Say “remember …” and it appears here, with where it was learnt."}
          </Empty>
        ) : null}
        {items && items.length > 0 ? <ItemTable items={items} /> : null}
      </div>
    </section>
  );
}

function ItemTable({ items }: { items: readonly Item[] }) {
  const now = Date.now();
  return (
    <table className="table">
      <thead>
        <tr>
          <th>Kind</th>
          <th>What</th>
          <th>When</th>
          <th>Learnt from</th>
          <th>Run</th>
        </tr>
      </thead>
      <tbody>
        {items.map((item) => (
          <tr key={item.id}>
            <td className="kind">{item.body.kind}</td>
            <td>{what(item)}</td>
            <td className="code">{when(item)}</td>
            <td className="quiet">
              <q>{item.words}</q>
            </td>
            <td>
              <button
                type="button"
                className="link"
                title={exactTime(item.learntAt)}
                onClick={() => {
                  goTo("runs");
                  showRun(item.run);
                }}
              >
                {shortAgo(item.learntAt, now)}
              </button>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function what({ body }: Item): string {
  switch (body.kind) {
    case "agenda":
      return [body.title, body.place ? `at ${body.place}` : ""].filter(Boolean).join(" ");
    case "expense": {
      const format = new Intl.NumberFormat(undefined, { style: "currency", currency: body.currency });
      const amount = format.format(body.minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
      return [amount, body.vendor ? `at ${body.vendor}` : "", body.category ? `on ${body.category}` : ""].filter(Boolean).join(" ");
    }
    case "fact":
      return body.statement;
    case "note":
    case "reminder":
      return body.text;
  }
}

function when({ body }: Item): string {
  if (body.kind === "agenda") return [body.date, body.time].filter(Boolean).join(" ");
  if (body.kind === "reminder") return new Date(body.at).toLocaleString("sv").slice(0, 16);
  return body.kind === "expense" ? body.date : "";
}
