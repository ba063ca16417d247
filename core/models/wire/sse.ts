// Server-sent events as they pass by: cut into whole ones, each with its own text, so that it can go on as it came.

export interface Frame {
  /** With the blank line that ends it. */
  readonly raw: string;
  /** Undefined where it holds no JSON, such as `[DONE]` or a comment. */
  readonly json: Record<string, unknown> | undefined;
}

/** Cuts a stream of text. What is left at the end, if anything, is a frame too. */
export class FrameCutter {
  /** What has come of the next frame, joined once it is whole. */
  #parts: string[] = [];
  /** Its last signs: a blank line may come in pieces. */
  #edge = "";

  take(text: string): Frame[] {
    if (!blankLine.test(this.#edge + text)) {
      this.#parts.push(text);
      this.#edge = (this.#edge + text).slice(-3);
      return [];
    }
    const all = this.#parts.join("") + text;
    const frames: Frame[] = [];
    let from = 0;
    for (const { index, 0: end } of all.matchAll(blankLines)) {
      frames.push(frameOf(all.slice(from, index + end.length)));
      from = index + end.length;
    }
    const left = all.slice(from);
    this.#parts = [left];
    this.#edge = left.slice(-3);
    return frames;
  }

  end(): Frame[] {
    const left = this.#parts.join("");
    this.#parts = [];
    this.#edge = "";
    return left === "" ? [] : [frameOf(left)];
  }
}

const blankLine = /\r\n\r\n|\n\n|\r\r/;
const blankLines = new RegExp(blankLine, "g");

function frameOf(raw: string): Frame {
  const data = raw
    .split(/\r\n|\n|\r/)
    .flatMap((line) => (line.startsWith("data:") ? [line.slice(line.startsWith("data: ") ? 6 : 5)] : []))
    .join("\n");
  return { raw, json: readObject(data) };
}

/** The same event with other data. */
export function frameWith(frame: Frame, json: Record<string, unknown>): Frame {
  const other = frame.raw.split(/\r\n|\n|\r/).filter((line) => line !== "" && !line.startsWith("data:"));
  return { raw: `${[...other, `data: ${JSON.stringify(json)}`].join("\n")}\n\n`, json };
}

export function writeFrame(json: Record<string, unknown>, event?: string): string {
  return `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(json)}\n\n`;
}

/** Undefined for what is no JSON object. */
export function readObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
