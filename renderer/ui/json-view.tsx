// JSON in Monaco, read-only, with its schema. Loaded when first looked at.
import { useEffect, useRef } from "react";
import { z } from "zod";
import * as monaco from "monaco-editor/editor/editor.api.js";
import "monaco-editor/editor/contrib/folding/browser/folding.js";
import "monaco-editor/editor/contrib/hover/browser/hoverContribution.js";
import "monaco-editor/editor/contrib/find/browser/findController.js";
import { jsonDefaults } from "monaco-editor/language/json/monaco.contribution.js";
import EditorWorker from "monaco-editor/editor/editor.worker.js?worker";
import JsonWorker from "monaco-editor/language/json/json.worker.js?worker";
import { Plan, Settings } from "../../core/contract/index.ts";
import { tokenColour } from "./colours.ts";
import { onThemeChange } from "./theme-change.ts";

const schemas = { plan: Plan, settings: Settings };

self.MonacoEnvironment = {
  getWorker: (_id: string, label: string) => (label === "json" ? new JsonWorker() : new EditorWorker()),
};
jsonDefaults.setDiagnosticsOptions({
  validate: true,
  schemas: Object.entries(schemas).map(([name, schema]) => ({
    uri: `botmojo://schema/${name}`,
    fileMatch: [`*/${name}.json`],
    schema: z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }),
  })),
});

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
      "editorHoverWidget.background": colour("--raised"),
      "editor.lineHighlightBackground": colour("--raised"),
      focusBorder: colour("--accent"),
    },
  });
  monaco.editor.setTheme("botmojo");
}

export default function JsonView({ value, schema, label }: { value: unknown; schema: keyof typeof schemas; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneCodeEditor>(null);
  const text = JSON.stringify(value, null, 2) ?? "";

  useEffect(() => {
    if (!place.current) return;
    setTheme();
    const uri = monaco.Uri.parse(`botmojo://shown/${crypto.randomUUID()}/${schema}.json`);
    const model = monaco.editor.createModel("", "json", uri);
    model.updateOptions({ bracketColorizationOptions: { enabled: false, independentColorPoolPerBracketType: false } });
    const made = monaco.editor.create(place.current, {
      model,
      readOnly: true,
      ariaLabel: label,
      automaticLayout: true,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      fontFamily: "JetBrains Mono Variable",
      fontSize: 12,
      lineHeight: 18,
      lineNumbersMinChars: 3,
      wordWrap: "on",
      contextmenu: false,
      renderLineHighlight: "none",
      overviewRulerLanes: 0,
    });
    editor.current = made;
    const stop = onThemeChange(setTheme);
    return () => {
      stop();
      made.dispose();
      model.dispose();
    };
  }, [schema, label]);

  useEffect(() => editor.current?.setValue(text), [text, schema, label]);
  return <div ref={place} className="json-view" />;
}
