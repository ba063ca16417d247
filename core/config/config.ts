// Settings in layers: defaults, then the file, then the environment, then flags; one frozen, validated value.
import { existsSync, readFileSync } from "node:fs";
import { parse, parseDocument, type Document } from "yaml";
import { z } from "zod";
import { canonicalJson } from "../contract/canonical-json.ts";
import { fail } from "../contract/failure.ts";
import { settingKeys, Settings } from "../contract/settings.ts";
import type { SettingView } from "../contract/views.ts";
import { replaceFile } from "./replace-file.ts";

export interface Config {
  readonly settings: Settings;
  show(): SettingView[];
  /** Writes one setting to the file, keeping its comments. `value` is read as YAML (`30` is a number).
   * @throws FailureError `config.invalid` or `input.invalid`; the file is as it was then. */
  set(key: string, value: string): SettingView;
  unset(key: string): SettingView;
  onChange(listener: (change: { key: string; from: unknown; to: unknown }) => void): () => void;
}

export type Flags = Readonly<Record<string, string>>;

interface Layer {
  readonly origin: SettingView["origin"];
  readonly values: ReadonlyMap<string, { value: unknown; where: string }>;
}

/** The environment variable of a setting: `model.baseUrl` is BOTMOJO_MODEL_BASE_URL. */
export function variableOf(key: string): string {
  return `BOTMOJO_${key
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .replaceAll(".", "_")
    .toUpperCase()}`;
}

export function settingsSchema(): Record<string, unknown> {
  return z.toJSONSchema(Settings, { io: "input" });
}

/** @throws FailureError `config.invalid`, with the file's line, or the variable's name */
export function openConfig(options: {
  file: string;
  /** Whether a person named the file, so that its absence is an error. */
  mustExist: boolean;
  env: NodeJS.ProcessEnv;
  flags: Flags;
}): Config {
  const { file, env, flags } = options;
  const keys = settingKeys();
  if (options.mustExist && !existsSync(file)) {
    throw fail("config.invalid", `There is no settings file at ${file}.`, "Check the path after --config.");
  }
  const fixed: Layer[] = [environmentLayer(keys, env), flagLayer(flags)];
  let layers = [fileLayer(readSettingsFile(file), file), ...fixed];
  let settings = effective(layers, file);
  const listeners = new Set<(change: { key: string; from: unknown; to: unknown }) => void>();

  const view = (key: string): SettingView => {
    const found = layers.findLast((layer) => layer.values.has(key));
    const description = keys.find((known) => known.key === key)?.description ?? "";
    const where = found?.values.get(key)?.where ?? "built in";
    return { key, value: valueAt(settings, key), origin: found?.origin ?? "default", where, description };
  };

  const change = (key: string, edit: (document: Document, path: string[]) => void): SettingView => {
    if (!keys.some((known) => known.key === key)) throw unknownKey(key);
    const document = readSettingsFile(file);
    edit(document, key.split("."));
    const changed = [fileLayer(document, file), ...fixed];
    const next = effective(changed, file);
    replaceFile(file, document.toString());
    const from = valueAt(settings, key);
    layers = changed;
    settings = next;
    const to = valueAt(settings, key);
    if (canonicalJson(from) !== canonicalJson(to)) for (const listener of listeners) listener({ key, from, to });
    return view(key);
  };

  return {
    get settings() {
      return settings;
    },
    show: () => keys.map(({ key }) => view(key)),
    set: (key, value) => change(key, (document, path) => document.setIn(path, valueOf(key, value))),
    unset: (key) => change(key, (document, path) => void document.deleteIn(path)),
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

function readSettingsFile(file: string): Document {
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  const document = parseDocument(text, { maxAliasCount: 0, schema: "core" } as Parameters<typeof parseDocument>[1]);
  const [error] = document.errors;
  if (error) {
    const line = error.linePos?.[0].line ?? 1;
    throw fail("config.invalid", `${file}, line ${line}: ${firstLine(error.message)}`, "Mend that line, or delete the file.");
  }
  return document;
}

function fileLayer(document: Document, file: string): Layer {
  let root: unknown;
  try {
    root = document.toJS({ maxAliasCount: 0 }) ?? {};
  } catch {
    throw fail("config.invalid", `${file} uses anchors, which settings do not need.`, "Write the values out.");
  }
  if (typeof root !== "object" || root === null || Array.isArray(root)) {
    throw fail("config.invalid", `${file} is not a list of settings such as "model:".`, "Mend it, or delete the file.");
  }
  const values = new Map<string, { value: unknown; where: string }>();
  for (const [group, members] of Object.entries(root)) {
    if (typeof members !== "object" || members === null || Array.isArray(members)) {
      values.set(group, { value: members, where: file });
      continue;
    }
    for (const [name, value] of Object.entries(members)) values.set(`${group}.${name}`, { value, where: file });
  }
  return { origin: "file", values };
}

function environmentLayer(keys: readonly { key: string }[], env: NodeJS.ProcessEnv): Layer {
  const values = new Map<string, { value: unknown; where: string }>();
  for (const { key } of keys) {
    const variable = variableOf(key);
    const text = env[variable];
    if (text !== undefined && text !== "") values.set(key, { value: valueOf(key, text), where: variable });
  }
  return { origin: "environment", values };
}

function flagLayer(flags: Flags): Layer {
  const entries = Object.entries(flags).map(([key, text]) => [key, { value: valueOf(key, text), where: "command line" }] as const);
  return { origin: "flag", values: new Map(entries) };
}

function effective(layers: readonly Layer[], file: string): Settings {
  const merged: Record<string, unknown> = {};
  const origins = new Map<string, string>();
  for (const { values } of layers) {
    for (const [key, { value, where }] of values) {
      origins.set(key, where);
      const [group = key, name] = key.split(".");
      if (name === undefined) merged[group] = value;
      else merged[group] = Object.assign({}, merged[group], { [name]: value });
    }
  }
  const checked = Settings.safeParse(merged);
  if (checked.success) return Object.freeze(checked.data);
  const [issue] = checked.error.issues;
  const key = issue ? [...issue.path, ...(issue.code === "unrecognized_keys" ? issue.keys : [])].join(".") : "";
  if (issue?.code === "unrecognized_keys") {
    throw fail("config.invalid", `${origins.get(key) ?? file}: there is no setting "${key}".`, knownKeys());
  }
  throw fail("config.invalid", `${origins.get(key) ?? file}: "${key}" ${issue?.message ?? "is not valid"}.`, "Correct it, or take it out.");
}

/** A setting's text as the value it stands for: numbers and lists where the setting is one, else the text as it is. */
function valueOf(key: string, text: string): unknown {
  const current = valueAt(Settings.parse({}), key);
  if (Array.isArray(current)) return listOf(key, text);
  return typeof current === "number" && text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function listOf(key: string, text: string): unknown {
  try {
    const value: unknown = parse(text, { maxAliasCount: 0, schema: "core" });
    if (value === null) return [];
    return typeof value === "string" ? value.split(",").map((part) => part.trim()) : value;
  } catch (error) {
    const says = error instanceof Error ? firstLine(error.message) : "";
    throw fail("input.invalid", `"${key}" is a list, which that text is not: ${says}`, "Write it as YAML: [first, second]");
  }
}

function valueAt(settings: Settings, key: string): unknown {
  let value: unknown = settings;
  for (const name of key.split(".")) value = (value as Record<string, unknown> | undefined)?.[name];
  return value;
}

function unknownKey(key: string) {
  return fail("input.invalid", `There is no setting "${key}".`, knownKeys());
}

function knownKeys(): string {
  return `The settings are ${settingKeys()
    .map(({ key }) => key)
    .join(", ")}.`;
}

function firstLine(text: string): string {
  return text.split("\n", 1)[0]?.replace(/ at line \d+, column \d+:?$/, "") ?? text;
}
