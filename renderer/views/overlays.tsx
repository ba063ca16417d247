// What floats above a screen: the palette, the keys, and connecting a model.
import { Command as Menu } from "cmdk";
import { useEffect, useState } from "react";
import type { FoundModel, RunSummary } from "../../core/contract/index.ts";
import { commands } from "../commands/commands.ts";
import { compareRuns } from "../state/compare.ts";
import { useHost } from "../state/host.ts";
import { call } from "../state/link.ts";
import { showRun, useRun } from "../state/run.ts";
import { useRuns } from "../state/runs.ts";
import { goTo, useScreen } from "../state/screen.ts";
import { Keys } from "../ui/keys.tsx";
import { Empty } from "../ui/notice.tsx";
import { Sheet } from "../ui/sheet.tsx";
import { StateIcon } from "../ui/state-badge.tsx";
import { shortAgo } from "../ui/times.ts";

const close = () => useScreen.setState({ overlay: undefined });

export default function Overlays() {
  const overlay = useScreen((state) => state.overlay);
  if (overlay === "palette") return <Palette />;
  if (overlay === "compare") return <ChooseOther />;
  if (overlay === "keys") return <KeySheet />;
  return overlay === "model" ? <ConnectModel /> : null;
}

/** Every run that is kept is looked through, not only those in the list. */
function useFoundRuns(query: string): readonly RunSummary[] {
  const [found, setFound] = useState<readonly RunSummary[]>([]);
  const asked = query.trim();
  useEffect(() => {
    let current = true;
    if (asked === "") return;
    const timer = setTimeout(() => {
      void call((client) => client.runs.list({ query: asked, limit: 20 })).then(
        (answer) => current && answer.ok && setFound(answer.value.runs),
      );
    }, 100);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [asked]);
  return asked === "" ? [] : found;
}

/** The other run of a comparison: its original and its forks first, then the newest. */
function ChooseOther() {
  const id = useRun((state) => state.id);
  const newest = useRuns((state) => state.runs);
  const [query, setQuery] = useState("");
  const found = useFoundRuns(query);
  const mine = newest.find((run) => run.id === id)?.origin?.run;
  const kin = (run: RunSummary) => run.id === mine || run.origin?.run === id || (mine !== undefined && run.origin?.run === mine);
  const runs = [...new Map([...found, ...newest.filter(kin), ...newest.slice(0, 50)].map((run) => [run.id, run])).values()];
  return (
    <Sheet onClose={close} label="Compare with">
      <Menu label="Compare with" className="palette">
        <Menu.Input autoFocus value={query} onValueChange={setQuery} placeholder="Compare this run with" className="palette-input" />
        <Menu.List className="palette-list">
          <Menu.Empty>No other run has these words.</Menu.Empty>
          {runs
            .filter((run) => run.id !== id)
            .map((run) => (
              <Menu.Item
                key={run.id}
                value={`${run.goal} ${run.id}`}
                keywords={found.includes(run) ? [query] : []}
                onSelect={() => id && void compareRuns(...(run.origin?.run === id ? ([id, run.id] as const) : ([run.id, id] as const)))}
              >
                <StateIcon status={run.status} />
                <span className="ellipsis">{run.goal}</span>
                <span className="grow" />
                <span className="quiet">{run.id === mine ? "original" : (run.origin?.run === id && run.origin?.kind) || ""}</span>
                <span className="quiet number">{shortAgo(run.startedAt, Date.now())}</span>
              </Menu.Item>
            ))}
        </Menu.List>
      </Menu>
    </Sheet>
  );
}

function Palette() {
  const newest = useRuns((state) => state.runs);
  const [query, setQuery] = useState("");
  const also = useFoundRuns(query);
  const runs = [...new Map([...also, ...newest.slice(0, 50)].map((run) => [run.id, run])).values()];
  return (
    <Sheet onClose={close} label="Commands">
      <Menu label="Commands" className="palette">
        <Menu.Input autoFocus value={query} onValueChange={setQuery} placeholder="Find a command or a run" className="palette-input" />
        <Menu.List className="palette-list">
          <Menu.Empty>Nothing has these words.</Menu.Empty>
          <Menu.Group heading="Commands">
            {commands
              .filter(({ id }) => id !== "palette")
              .map(({ id, name, keys, run }) => (
                <Menu.Item
                  key={id}
                  value={name}
                  onSelect={() => {
                    close();
                    run();
                  }}
                >
                  <span>{name}</span>
                  <span className="grow" />
                  {keys ? <Keys keys={keys} /> : null}
                </Menu.Item>
              ))}
          </Menu.Group>
          <Menu.Group heading="Runs">
            {runs.map(({ id, goal, status, startedAt }) => (
              <Menu.Item
                key={id}
                value={`${goal} ${id}`}
                keywords={also.some((run) => run.id === id) ? [query] : []}
                onSelect={() => {
                  goTo("runs");
                  showRun(id);
                }}
              >
                <StateIcon status={status} />
                <span className="ellipsis">{goal}</span>
                <span className="grow" />
                <span className="quiet number">{shortAgo(startedAt, Date.now())}</span>
              </Menu.Item>
            ))}
          </Menu.Group>
        </Menu.List>
      </Menu>
    </Sheet>
  );
}

function KeySheet() {
  return (
    <Sheet onClose={close} label="Keys">
      <h2 className="sheet-title">Keys</h2>
      <ul className="key-list">
        {commands.flatMap(({ id, name, keys }) =>
          keys
            ? [
                <li key={id}>
                  <span>{name}</span>
                  <Keys keys={keys} />
                </li>,
              ]
            : [],
        )}
      </ul>
    </Sheet>
  );
}

function ConnectModel() {
  const model = useHost((state) => state.status?.model);
  const [found, setFound] = useState<readonly FoundModel[]>();
  const [trouble, setTrouble] = useState<string>();
  useEffect(() => {
    void call((client) => client.models.find()).then((answer) => {
      if (answer.ok) setFound(answer.value);
      else setTrouble(answer.failure.message);
    });
  }, []);
  const take = async (settings: Readonly<Record<string, string>>) => {
    // The provider goes last: until then the settings still name the model in use.
    const entries = Object.entries(settings).sort(([a], [b]) => Number(a === "model.provider") - Number(b === "model.provider"));
    for (const [key, value] of entries) {
      const answer = await call((client) => client.config.set({ key, value }));
      if (!answer.ok) return setTrouble(answer.failure.message);
    }
    close();
  };
  return (
    <Sheet onClose={close} label="Connect a model">
      <h2 className="sheet-title">Connect a model</h2>
      <p className="sheet-text">{model?.description}</p>
      {trouble ? <p className="sheet-text tone-failed">{trouble}</p> : null}
      {found === undefined && !trouble ? <Empty title="Looking on this machine…" /> : null}
      {found?.length === 0 ? (
        <Empty title="None was found">
          Start Ollama, LM Studio or llama.cpp, or set OPENAI_API_KEY or ANTHROPIC_API_KEY, then open this again.
        </Empty>
      ) : null}
      <ul className="model-list">
        {model?.kind === "language" ? (
          <li>
            <button type="button" className="model-choice" onClick={() => void take({ "model.provider": "rules" })}>
              <strong>Rules model</strong>
              <span className="quiet">built in, offline, not a language model</span>
            </button>
          </li>
        ) : null}
        {found?.map(({ id, title, where, settings }) => (
          <li key={`${where}${id}`}>
            <button type="button" className="model-choice" onClick={() => void take(settings)}>
              <strong>{id}</strong>
              <span className="quiet">
                {title}, {where}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}
