// A value as coloured JSON: light enough for every call of every step. The whole plan opens in Monaco instead.
import { useMemo, useState } from "react";
import { harmlessText, visibleText } from "../../core/contract/index.ts";
import { formatJson, jsonTokens } from "./json-format.ts";

const columns = 44;
/** Characters shown before one asks for the rest. */
const enough = 20_000;

/** `exact`: for what a person says yes or no to, so that nothing in it hides. */
export function JsonText({ value, exact = false }: { value: unknown; exact?: boolean }) {
  const [all, setAll] = useState(false);
  const text = useMemo(() => (exact ? visibleText : harmlessText)(formatJson(value, columns)), [value, exact]);
  const cut = !all && text.length > enough;
  const tokens = useMemo(() => jsonTokens(cut ? text.slice(0, enough) : text), [text, cut]);
  return (
    <>
      <pre className="json">
        {tokens.map(({ kind, text: piece }, index) =>
          kind === "mark" ? (
            piece
          ) : (
            // oxlint-disable-next-line react/no-array-index-key -- pieces of one text have no other name
            <span key={index} className={`json-${kind}`}>
              {piece}
            </span>
          ),
        )}
      </pre>
      {cut ? (
        <button type="button" className="link json-more" onClick={() => setAll(true)}>
          Show all {text.length.toLocaleString("en")} characters
        </button>
      ) : null}
    </>
  );
}
