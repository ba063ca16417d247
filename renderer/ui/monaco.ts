// Monaco as this window uses it: JSON with its schemas, in the window's colours. Loaded when first looked at.
import { z } from "zod";
import * as monaco from "monaco-editor/editor/editor.api.js";
// What its JSON brings along in any case; later, when its services are made already, these would not find theirs.
import "monaco-editor/internal/common/workers.js";
import { jsonDefaults } from "monaco-editor/language/json/monaco.contribution.js";
import EditorWorker from "monaco-editor/editor/editor.worker.js?worker";
import JsonWorker from "monaco-editor/language/json/json.worker.js?worker";
import { Plan, Settings } from "../../core/contract/index.ts";
import { tokenColour } from "./colours.ts";
import { onThemeChange } from "./theme-change.ts";

/** What a text is to look like: a schema of ours by name, or one that was given, under a name of its own. */
export type Schema = "plan" | "settings" | { readonly name: string; readonly schema: object };

const schemas = new Map<string, object>();
for (const [name, schema] of Object.entries({ plan: Plan, settings: Settings })) {
  schemas.set(name, z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
}

self.MonacoEnvironment = {
  getWorker: (_id: string, label: string) => (label === "json" ? new JsonWorker() : new EditorWorker()),
};

function applySchemas(): void {
  jsonDefaults.setDiagnosticsOptions({
    validate: true,
    schemas: [...schemas].map(([name, schema]) => ({ uri: `botmojo://schema/${name}`, fileMatch: [`*/${name}.json`], schema })),
  });
}
applySchemas();

function known(schema: Schema | undefined): string {
  if (schema === undefined) return "any";
  if (typeof schema === "string") return schema;
  if (schemas.get(schema.name) !== schema.schema) {
    schemas.set(schema.name, schema.schema);
    applySchemas();
  }
  return schema.name;
}

/** A text in Monaco, checked and completed by its schema. */
export function jsonModel(text: string, schema?: Schema): monaco.editor.ITextModel {
  const uri = monaco.Uri.parse(`botmojo://shown/${crypto.randomUUID()}/${known(schema)}.json`);
  const model = monaco.editor.createModel(text, "json", uri);
  model.updateOptions({ bracketColorizationOptions: { enabled: false, independentColorPoolPerBracketType: false }, tabSize: 2 });
  return model;
}

export const editorOptions = {
  automaticLayout: true,
  contextmenu: false,
  fixedOverflowWidgets: true,
  fontFamily: "JetBrains Mono Variable",
  fontSize: 12,
  guides: { indentation: false },
  lineHeight: 18,
  lineNumbersMinChars: 3,
  minimap: { enabled: false },
  overviewRulerLanes: 0,
  renderLineHighlight: "none",
  scrollBeyondLastLine: false,
  scrollbar: { horizontalScrollbarSize: 8, useShadows: false, verticalScrollbarSize: 8 },
  // Tab goes on to the next thing in the window, as anywhere else; Ctrl M lets it indent.
  tabFocusMode: true,
  wordWrap: "on",
} as const satisfies monaco.editor.IStandaloneEditorConstructionOptions;

/** Monaco's colours from the window's tokens, for the theme in force. */
function setTheme(): void {
  const colour = tokenColour;
  const plain = (name: string) => tokenColour(name).slice(1);
  const light = getComputedStyle(document.documentElement).colorScheme.startsWith("light");
  monaco.editor.defineTheme("botmojo", {
    base: light ? "vs" : "vs-dark",
    inherit: true,
    rules: [
      { token: "string.key.json", foreground: plain("--accent") },
      { token: "string.value.json", foreground: plain("--done") },
      { token: "number.json", foreground: plain("--waiting") },
      { token: "keyword.json", foreground: plain("--running") },
      { token: "delimiter", foreground: plain("--second") },
    ],
    colors: {
      "editor.background": colour("--panel"),
      "editor.foreground": colour("--text"),
      "editorLineNumber.foreground": colour("--third"),
      "editorWidget.background": colour("--raised"),
      "editorWidget.border": colour("--strong-line"),
      "editorSuggestWidget.selectedBackground": colour("--pressed"),
      "editorSuggestWidget.foreground": colour("--text"),
      "editorSuggestWidget.selectedForeground": colour("--text"),
      "editorSuggestWidget.highlightForeground": colour("--accent"),
      "editorHoverWidget.background": colour("--raised"),
      "editor.lineHighlightBackground": colour("--raised"),
      "editorError.foreground": colour("--failed"),
      "editorWarning.foreground": colour("--waiting"),
      "diffEditor.insertedLineBackground": colour("--added"),
      "diffEditor.insertedTextBackground": colour("--added-word"),
      "diffEditor.removedLineBackground": colour("--removed"),
      "diffEditor.removedTextBackground": colour("--removed-word"),
      "diffEditor.diagonalFill": colour("--hairline"),
      "diffEditor.unchangedRegionBackground": colour("--raised"),
      "diffEditor.unchangedRegionForeground": colour("--second"),
      "scrollbarSlider.background": colour("--pressed"),
      "scrollbarSlider.hoverBackground": colour("--strong-line"),
      "scrollbarSlider.activeBackground": colour("--strong-line"),
      focusBorder: colour("--accent"),
    },
  });
  monaco.editor.setTheme("botmojo");
}

/** Keeps Monaco in the window's theme. Returns its stop. */
export function followTheme(): () => void {
  setTheme();
  return onThemeChange(setTheme);
}

export { monaco };
