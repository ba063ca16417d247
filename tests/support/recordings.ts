// Recordings in memory: a run as the text of its file, and a file's text handed to a host in pieces.
import type { ImportReport, RunId } from "../../core/contract/index.ts";
import type { CoreClient } from "../../core/index.ts";

export async function exported(client: CoreClient, run: RunId): Promise<string> {
  let text = "";
  for await (const piece of await client.runs.export({ run })) text += piece;
  return text;
}

/** Cut at odd places, as a pipe would. */
export function imported(client: CoreClient, text: string, pieceLength = 997): Promise<ImportReport> {
  async function* pieces(): AsyncGenerator<string, void> {
    for (let at = 0; at < text.length; at += pieceLength) yield text.slice(at, at + pieceLength);
  }
  return client.runs.import(pieces());
}
