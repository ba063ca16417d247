// Every setting: its value, where it came from, and changing it.
import { lazy, Suspense, useEffect, useState, type KeyboardEvent } from "react";
import { settingText, type Failure, type SettingView } from "../../core/contract/index.ts";
import { call, useLink } from "../state/link.ts";
import { useHost } from "../state/host.ts";
import { writeJson } from "../state/json-draft.ts";
import { nestSettings } from "../state/settings-tree.ts";
import { Empty, FailureNote } from "../ui/notice.tsx";

const JsonEditor = lazy(() => import("../ui/json-editor.tsx"));

const origins: Record<SettingView["origin"], string> = {
  default: "Default",
  file: "File",
  environment: "Environment",
  flag: "Command line",
};

export function SettingsScreen() {
  const [settings, setSettings] = useState<readonly SettingView[]>();
  const [failure, setFailure] = useState<Failure>();
  const [form, setForm] = useState<"Table" | "JSON">("Table");
  const open = useLink((state) => state.link.is === "open");
  const dataDir = useHost((state) => state.status?.dataDir);
  const lastSeq = useHost((state) => state.status?.lastSeq);

  useEffect(() => {
    void call((client) => client.config.show()).then((answer) => {
      if (answer.ok) setSettings(answer.value);
      else if (open) setFailure(answer.failure);
    });
  }, [open, lastSeq]);

  const change = async (key: string, value: string | undefined) => {
    const answer = await call((client) => (value === undefined ? client.config.unset({ key }) : client.config.set({ key, value })));
    setFailure(answer.ok ? undefined : answer.failure);
    if (answer.ok) setSettings((known) => known?.map((setting) => (setting.key === key ? answer.value : setting)));
  };

  return (
    <section className="panel screen" aria-label="Settings">
      <div className="panel-head">
        <h1>Settings</h1>
        <span className="segments" role="group" aria-label="Form">
          {(["Table", "JSON"] as const).map((name) => (
            <button key={name} type="button" aria-pressed={form === name} onClick={() => setForm(name)}>
              {name}
            </button>
          ))}
        </span>
        <span className="quiet ellipsis">
          kept in {dataDir ? `${dataDir}/config.yaml` : "the data directory"}
          {form === "Table" ? "; Enter saves, Esc goes back" : "; shown with the values in force"}
        </span>
      </div>
      {failure ? <FailureNote failure={failure} /> : null}
      {settings === undefined ? (
        failure ? null : (
          <Empty title="Reading the settings…" />
        )
      ) : form === "Table" ? (
        <SettingsTable settings={settings} onChange={(key, value) => void change(key, value)} />
      ) : (
        <Suspense fallback={<Empty title="Opening the editor…" />}>
          <JsonEditor value={writeJson(nestSettings(settings))} schema="settings" label="Settings as JSON" />
        </Suspense>
      )}
    </section>
  );
}

interface SettingsTableProps {
  readonly settings: readonly SettingView[];
  /** Without a value the setting goes back to where it came from before. */
  readonly onChange: (key: string, value: string | undefined) => void;
}

function SettingsTable({ settings, onChange }: SettingsTableProps) {
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="All settings">
      <table className="table">
        <thead>
          <tr>
            <th>Setting</th>
            <th>Value</th>
            <th>From</th>
            <th>What for</th>
          </tr>
        </thead>
        <tbody>
          {settings.map((setting) => (
            <tr key={setting.key}>
              <td className="code">{setting.key}</td>
              <td>
                <ValueField key={settingText(setting.value)} setting={setting} onChange={(value) => onChange(setting.key, value)} />
              </td>
              <td title={setting.where}>
                {origins[setting.origin]}
                {setting.origin === "file" ? (
                  <button type="button" className="link" onClick={() => onChange(setting.key, undefined)}>
                    Reset
                  </button>
                ) : null}
              </td>
              <td className="quiet">{setting.description}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function ValueField({ setting, onChange }: { setting: SettingView; onChange: (value: string) => void }) {
  const [text, setText] = useState(settingText(setting.value));
  const fixed = setting.origin === "environment" || setting.origin === "flag";
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") onChange(text);
    if (event.key === "Escape") setText(settingText(setting.value));
  };
  return (
    <input
      className="field code"
      aria-label={setting.key}
      value={text}
      disabled={fixed}
      title={fixed ? `Set by ${setting.where}` : undefined}
      placeholder="empty"
      onChange={(event) => setText(event.target.value)}
      onKeyDown={onKeyDown}
      onBlur={() => text !== settingText(setting.value) && onChange(text)}
    />
  );
}
