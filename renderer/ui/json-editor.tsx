// JSON in Monaco, to read or to write, checked and completed by its schema.
import { useEffect, useRef } from "react";
import { editorOptions, followTheme, jsonModel, monaco, type Schema } from "./monaco.ts";

export interface JsonEditorProps {
  readonly value: string;
  readonly label: string;
  readonly schema?: Schema;
  /** Read-only without it. */
  readonly onChange?: (text: string) => void;
  readonly onEscape?: () => void;
  /** What the schema has against the text, a sentence; undefined when nothing. */
  readonly onProblem?: (problem: string | undefined) => void;
  readonly focus?: boolean;
  readonly lineNumbers?: boolean;
}

export default function JsonEditor(props: JsonEditorProps) {
  const { value, label, schema, focus = false, lineNumbers = true } = props;
  const readOnly = props.onChange === undefined;
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<monaco.editor.IStandaloneCodeEditor>(null);
  const newest = useRef(props);
  useEffect(() => {
    newest.current = props;
  });

  useEffect(() => {
    if (!place.current) return;
    const stop = followTheme();
    const model = jsonModel(newest.current.value, schema);
    const made = monaco.editor.create(place.current, {
      ...editorOptions,
      model,
      readOnly,
      ariaLabel: label,
      ...(lineNumbers ? {} : { lineNumbers: "off" as const, folding: false, lineDecorationsWidth: 4, padding: { top: 4, bottom: 4 } }),
    });
    editor.current = made;
    const listeners = [
      made.onDidChangeModelContent(() => newest.current.onChange?.(model.getValue())),
      monaco.editor.onDidChangeMarkers((changed) => {
        if (!changed.some((uri) => uri.toString() === model.uri.toString())) return;
        const [marker] = monaco.editor.getModelMarkers({ resource: model.uri });
        newest.current.onProblem?.(marker && `Line ${marker.startLineNumber}: ${marker.message}`);
      }),
    ];
    if (!readOnly) made.addCommand(monaco.KeyCode.Escape, () => newest.current.onEscape?.(), "!suggestWidgetVisible && !findWidgetVisible");
    if (focus) made.focus();
    return () => {
      for (const listener of listeners) listener.dispose();
      stop();
      made.dispose();
      model.dispose();
    };
  }, [schema, label, readOnly, focus, lineNumbers]);

  useEffect(() => {
    const model = editor.current?.getModel();
    if (!model || model.getValue() === value) return;
    // An edit like a typed one, so that Monaco's own undo goes over it.
    model.pushEditOperations([], [{ range: model.getFullModelRange(), text: value }], () => null);
  }, [value, schema]);

  return <div ref={place} className="json-view nokey" data-testid={`editor-${label}`} />;
}
