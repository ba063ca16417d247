// Whether a rule's pattern fits a name, a path, a host or a command. No regular expressions: a pattern from a folder that
// was just cloned must not be able to take for ever.

/** `*` in `pattern` stands for any characters. Linear in their lengths' product at most. */
export function wildcardFits(pattern: string, text: string): boolean {
  let at = 0;
  let star = -1;
  let resume = 0;
  let index = 0;
  while (index < text.length) {
    if (pattern[at] === "*") {
      star = at;
      at += 1;
      resume = index;
    } else if (at < pattern.length && pattern[at] === text[index]) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      at = star + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  while (pattern[at] === "*") at += 1;
  return at === pattern.length;
}

/** Lists of words or folders, where `**` in `pattern` stands for any number of them and `*` for letters inside one. */
export function listFits(pattern: readonly string[], list: readonly string[]): boolean {
  let reached = new Set([0]);
  const open = (places: Set<number>) => {
    for (const place of places) if (pattern[place] === "**") places.add(place + 1);
    return places;
  };
  reached = open(reached);
  for (const entry of list) {
    const next = new Set<number>();
    for (const place of reached) {
      const part = pattern[place];
      if (part === "**") next.add(place);
      else if (part !== undefined && wildcardFits(part, entry)) next.add(place + 1);
    }
    reached = open(next);
    if (reached.size === 0) return false;
  }
  return reached.has(pattern.length);
}

/** An absolute path with all links resolved against `src/**` (in the workspace) or `/data/**`. Capitals count. */
export function pathFits(pattern: string, path: string, workspace: string): boolean {
  const parts = (text: string) => text.split(/[\\/]+/).filter((part) => part !== "" && part !== ".");
  const absolute = /^(\/|[a-zA-Z]:[\\/])/.test(pattern);
  const whole = absolute ? parts(pattern) : [...parts(workspace).map(literal), ...parts(pattern)];
  return listFits(whole, parts(path));
}

/** A folder's own name may hold a star; it then fits nothing but itself, which is the careful side. */
function literal(part: string): string {
  return part.includes("*") ? "\0" : part;
}

/** `host` as a URL has it: in lower case, without user or path, with its port where that is not the usual one. */
export function hostFits(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase();
  if (!wanted.startsWith("*.")) return wanted === host;
  const suffix = wanted.slice(1);
  return host.length > suffix.length && host.endsWith(suffix) && !host.slice(0, -suffix.length).startsWith(".");
}

export interface CommandWords {
  /** The words, where the command is one plain command; undefined where a shell would do more with it than pass words. */
  readonly plain: readonly string[] | undefined;
  /** The words of everything that might be a command inside it. */
  readonly parts: readonly (readonly string[])[];
}

/** Reads a shell's command line as far as it is plain words, in quotes or not. */
export function commandWords(text: string): CommandWords {
  const parts: string[][] = [[]];
  let plain = !/[\0\r]/.test(text);
  let word: string | undefined;
  let quote = "";
  const end = () => {
    if (word !== undefined) parts.at(-1)?.push(word);
    word = undefined;
  };
  for (let index = 0; index < text.length; index += 1) {
    const sign = text.charAt(index);
    if (quote === "'") {
      if (sign === "'") quote = "";
      else word = (word ?? "") + sign;
    } else if (quote === '"') {
      if (sign === '"') quote = "";
      else {
        if (sign === "$" || sign === "`" || sign === "\\") plain = false;
        word = (word ?? "") + sign;
      }
    } else if (sign === "'" || sign === '"') {
      quote = sign;
      word ??= "";
    } else if (sign === " " || sign === "\t") end();
    else if (/[;&|\n<>(){}`$\\!*?[\]#~=]/.test(sign)) {
      // An equals sign after the first word only hands it on: --depth=1.
      const handsOn = sign === "=" && (parts[0]?.length ?? 0) > 0 && parts.length === 1;
      const later = (sign === "~" || sign === "#") && word !== undefined;
      if (handsOn || later) word = (word ?? "") + sign;
      else {
        plain = false;
        if (/[;&|\n(){}`$]/.test(sign)) {
          end();
          parts.push([]);
        } else word = (word ?? "") + sign;
      }
    } else word = (word ?? "") + sign;
    if (index > 100_000) plain = false;
  }
  end();
  const found = parts.filter((part) => part.length > 0);
  return { plain: plain && quote === "" && found.length === 1 ? found[0] : undefined, parts: found };
}
