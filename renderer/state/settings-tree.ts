// Settings as the tree that their dotted keys stand for.
import type { SettingView } from "../../core/contract/index.ts";

type Tree = { [name: string]: unknown };

/** `model.name: x` → `{ model: { name: x } }`. */
export function nestSettings(settings: readonly Pick<SettingView, "key" | "value">[]): Tree {
  const root: Tree = {};
  for (const { key, value } of settings) {
    const names = key.split(".");
    const last = names.pop() ?? key;
    let at = root;
    for (const name of names) at = (at[name] ??= {}) as Tree;
    at[last] = value;
  }
  return root;
}
