// Two texts of JSON side by side, what differs marked by line and by word.
import { useEffect, useRef } from "react";
import { editorOptions, followTheme, jsonModel, monaco } from "./monaco.ts";

interface JsonDiffProps {
  readonly left: string;
  readonly right: string;
  readonly label: string;
}

export default function JsonDiff({ left, right, label }: JsonDiffProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!place.current) return;
    const stop = followTheme();
    const models = { original: jsonModel(left), modified: jsonModel(right) };
    const editor = monaco.editor.createDiffEditor(place.current, {
      ...editorOptions,
      readOnly: true,
      originalEditable: false,
      renderSideBySide: true,
      useInlineViewWhenSpaceIsLimited: true,
      renderSideBySideInlineBreakpoint: 640,
      renderOverviewRuler: false,
      renderGutterMenu: false,
      hideUnchangedRegions: { enabled: true },
    });
    editor.getOriginalEditor().updateOptions({ ariaLabel: `${label}, left` });
    editor.getModifiedEditor().updateOptions({ ariaLabel: `${label}, right` });
    editor.setModel(models);
    const first = editor.onDidUpdateDiff(() => {
      first.dispose();
      editor.revealFirstDiff();
    });
    return () => {
      stop();
      editor.dispose();
      models.original.dispose();
      models.modified.dispose();
    };
  }, [left, right, label]);
  return <div ref={place} className="json-view nokey" data-testid={`diff-${label}`} />;
}
