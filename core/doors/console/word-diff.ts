// Two texts compared word by word: what stayed, what went and what came.

export interface DiffPart {
  readonly is: "same" | "out" | "in";
  readonly text: string;
}

/** Above this many comparisons the differing middle is shown whole. */
const most = 4_000_000;

export function wordDiff(before: string, after: string): DiffPart[] {
  const a = wordsOf(before);
  const b = wordsOf(after);
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail += 1;
  const parts: DiffPart[] = [{ is: "same", text: a.slice(0, head).join("") }];
  parts.push(...middle(a.slice(head, a.length - tail), b.slice(head, b.length - tail)));
  parts.push({ is: "same", text: a.slice(a.length - tail).join("") });
  return joined(parts);
}

/** By the longest run of words that both have in their order. */
function middle(a: readonly string[], b: readonly string[]): DiffPart[] {
  if (a.length * b.length > most)
    return [
      { is: "out", text: a.join("") },
      { is: "in", text: b.join("") },
    ];
  const width = b.length + 1;
  const longest = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const [down = 0, right = 0, across = 0] = [
        longest[(i + 1) * width + j],
        longest[i * width + j + 1],
        longest[(i + 1) * width + j + 1],
      ];
      longest[i * width + j] = a[i] === b[j] ? across + 1 : Math.max(down, right);
    }
  }
  const parts: DiffPart[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [one = "", other = ""] = [a[i], b[j]];
    const [down = 0, right = 0] = [longest[(i + 1) * width + j], longest[i * width + j + 1]];
    if (i < a.length && j < b.length && one === other) {
      parts.push({ is: "same", text: one });
      i += 1;
      j += 1;
    } else if (j >= b.length || (i < a.length && down >= right)) {
      parts.push({ is: "out", text: one });
      i += 1;
    } else {
      parts.push({ is: "in", text: other });
      j += 1;
    }
  }
  return parts;
}

function joined(parts: readonly DiffPart[]): DiffPart[] {
  const made: DiffPart[] = [];
  for (const { is, text } of parts) {
    const last = made.at(-1);
    if (text === "") continue;
    if (last?.is === is) made[made.length - 1] = { is, text: last.text + text };
    else made.push({ is, text });
  }
  return made;
}

function wordsOf(text: string): string[] {
  return text.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}
