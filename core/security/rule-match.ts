// Whether a rule's pattern fits a name, a path, a host or a command. No regular expressions: a pattern from a folder that
// was just cloned must not be able to take for ever.

/** Letters, where `*` in `pattern` stands for any number of them. */
export function wildcardFits(pattern: string, text: string): boolean {
  return starsFit(pattern, text, { star: "*", fits: (part, entry) => part === entry });
}

/** Lists of words or folders, where `**` in `pattern` stands for any number of them and `*` for letters inside one. */
export function listFits(pattern: readonly string[], list: readonly string[]): boolean {
  return starsFit(pattern, list, { star: "**", fits: wildcardFits });
}

/** Linear in their lengths' product at most. */
function starsFit(
  pattern: ArrayLike<string>,
  list: ArrayLike<string>,
  { star, fits }: { star: string; fits: (part: string, entry: string) => boolean },
): boolean {
  let at = 0;
  let last = -1;
  let resume = 0;
  let index = 0;
  while (index < list.length) {
    const part = pattern[at];
    if (part === star) {
      last = at;
      at += 1;
      resume = index;
    } else if (part !== undefined && fits(part, list[index] ?? "")) {
      at += 1;
      index += 1;
    } else if (last >= 0) {
      at = last + 1;
      resume += 1;
      index = resume;
    } else return false;
  }
  while (pattern[at] === star) at += 1;
  return at === pattern.length;
}

/** The folders and the name in a path, or in a pattern for one. */
export function pathParts(path: string): readonly string[] {
  return path.split(/[\\/]+/).filter((part) => part !== "" && part !== ".");
}

/** `src/**` (in the workspace) or `/data/**`, taken apart. */
export interface PathPattern {
  readonly absolute: boolean;
  readonly parts: readonly string[];
}

export function readPathPattern(text: string): PathPattern {
  return { absolute: /^(\/|[a-zA-Z]:[\\/])/.test(text), parts: pathParts(text) };
}

/** `path` and `workspace`: absolute ones with all links resolved, in parts. Capitals count. */
export function pathFits(pattern: PathPattern, path: readonly string[], workspace: readonly string[]): boolean {
  if (pattern.absolute) return listFits(pattern.parts, path);
  return workspace.every((part, index) => part === path[index]) && listFits(pattern.parts, path.slice(workspace.length));
}

/** `host` as a URL has it: in lower case, without user or path, with its port where that is not the usual one. */
export function hostFits(pattern: string, host: string): boolean {
  const wanted = pattern.toLowerCase();
  if (!wanted.startsWith("*.")) return wanted === host;
  const suffix = wanted.slice(1);
  return host.length > suffix.length && host.endsWith(suffix) && !host.slice(0, -suffix.length).startsWith(".");
}

/** Why a pattern fits no host, in words that follow it; undefined where it may fit one. */
export function hostPatternFault(pattern: string): string | undefined {
  const host = pattern.toLowerCase().replace(/^\*\./, "");
  if (host.includes("*")) return "has a star elsewhere than at its beginning, as in *.example.com";
  if (/[\s,]/.test(host)) return "is not one host; give several as a list";
  if (/[/?#@\\]/.test(host)) return "is more than a host: leave out what stands before it, and the path";
  if (!URL.canParse(`https://${host}`)) return "is no host";
  if (/:(80|443)$/.test(host)) return "has the usual port, which is left out";
  const read = new URL(`https://${host}`).host;
  return read === host ? undefined : `is written ${read} in addresses`;
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
