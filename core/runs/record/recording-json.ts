// What JSON from outside must not be, found before it is parsed or used: endless, deeply nested, or holding keys that
// reach into JavaScript's own objects.

const deepest = 1000;

/** What is wrong with a line of JSON, as half a sentence; undefined when nothing is. */
export function jsonFault(text: string, longest: number): string | undefined {
  if (text.length > longest) return `it is longer than ${longest / 2 ** 20} MiB`;
  if (depthOf(text) > deepest) return `its JSON is nested deeper than ${deepest}`;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return "it is not JSON, or is cut off";
  }
  const key = badKey(value);
  return key === undefined ? undefined : `it has a key "${key}"`;
}

/** How deep brackets open outside of strings; never recursive, so that no depth can break it. */
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (quoted) {
      if (char === 0x5c) at += 1;
      else if (char === 0x22) quoted = false;
    } else if (char === 0x22) quoted = true;
    else if (char === 0x7b || char === 0x5b) most = Math.max(most, (depth += 1));
    else if (char === 0x7d || char === 0x5d) depth -= 1;
  }
  return most;
}

function badKey(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) {
    for (const inner of value) {
      const found = badKey(inner);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  for (const [key, inner] of Object.entries(value)) {
    if (key === "__proto__" || (key === "constructor" && typeof inner === "object" && inner !== null && "prototype" in inner)) return key;
    const found = badKey(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
