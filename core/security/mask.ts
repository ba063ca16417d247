// Secrets in what a tool gives back: each becomes a mark that says what it was, before a model sees it or the log keeps it.
// Known by the shapes that those who issue them gave them, and by the values of this process's own variables. What merely
// looks random (sums, ids, pictures in base64) is left alone.

/** The same value, or a copy of it with marks in the place of secrets, in every text and every field's name. */
export type Mask = <Value>(value: Value) => Value;

interface Shape {
  readonly what: string;
  /** A text that has none of these has none of this kind; much faster to look for than the whole. */
  readonly signs: readonly string[];
  /** What is hidden, or where there are groups, what stands before it and it. */
  readonly pattern: RegExp;
  /** Whether a find is one after all. */
  readonly holds?: (secret: string) => boolean;
}

/** Not the end of something longer: a key stands alone. */
const alone = String.raw`(?<![A-Za-z0-9_+])`;
const shape = (what: string, signs: readonly string[], body: string, holds?: Shape["holds"]): Shape => ({
  what,
  signs,
  pattern: new RegExp(alone + body, "g"),
  ...(holds ? { holds } : {}),
});
const isMixed = (secret: string) => /\d/.test(secret) && /[A-Za-z]/.test(secret);
const isCased = (secret: string) => isMixed(secret) || (/[a-z]/.test(secret) && /[A-Z]/.test(secret));
/** What a text writes where the reader is to put a password in. */
const isSpelt = (secret: string) => !/^(pass(word|wd)?|pwd|secret|token|x+|\*+|\.+|[<{$%[].*)$/i.test(secret);

const shapes: readonly Shape[] = [
  shape("anthropic key", ["sk-ant-"], String.raw`sk-ant-[A-Za-z0-9_-]{20,}`),
  shape("openrouter key", ["sk-or-"], String.raw`sk-or-v1-[0-9a-f]{32,}`),
  shape(
    "openai key",
    ["sk-"],
    String.raw`sk-(?!ant-|or-)[A-Za-z0-9_-]{20,}`,
    // Words that hyphens hold together have none that long.
    (secret) => isMixed(secret) && /[A-Z]/.test(secret) && /[A-Za-z0-9]{16,}/.test(secret),
  ),
  shape("groq key", ["gsk_"], String.raw`gsk_[A-Za-z0-9]{40,}`),
  shape("xai key", ["xai-"], String.raw`xai-[A-Za-z0-9]{40,}`),
  shape("perplexity key", ["pplx-"], String.raw`pplx-[A-Za-z0-9]{40,}`),
  shape("sendgrid key", ["SG."], String.raw`SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{30,}`),
  shape("digitalocean token", ["_v1_"], String.raw`do[opr]_v1_[0-9a-f]{60,}`),
  shape("azure key", ["AccountKey="], String.raw`(AccountKey=)([A-Za-z0-9/+]{60,}={0,2})`),
  shape("telegram token", [":AA"], String.raw`\d{8,10}:AA[A-Za-z0-9_-]{32,}`),
  shape("github token", ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], String.raw`gh[pousr]_[A-Za-z0-9]{30,}`),
  shape("github token", ["github_pat_"], String.raw`github_pat_[A-Za-z0-9_]{30,}`),
  shape("gitlab token", ["glpat-"], String.raw`glpat-[A-Za-z0-9_-]{20,}`),
  shape("npm token", ["npm_"], String.raw`npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])`),
  shape("hugging face token", ["hf_"], String.raw`hf_[A-Za-z0-9]{30,}`, isMixed),
  shape("stripe key", ["_live_", "_test_", "whsec_"], String.raw`(?:[sr]k_(?:live|test)_|whsec_)[A-Za-z0-9]{16,}`, isMixed),
  shape("aws key id", ["AKIA", "ASIA"], String.raw`A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9+/=])`, (secret) => /\d/.test(secret)),
  {
    what: "aws secret key",
    signs: ["ecret", "ECRET"],
    pattern: /(secret_?access_?key[\\"']{0,3}\s{0,4}[:=]\s{0,4}[\\"']{0,3})([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])/gi,
  },
  shape("slack token", ["xox", "xapp-"], String.raw`(?:xox[abeoprs]|xapp)-[A-Za-z0-9-]{10,}`, isMixed),
  shape("slack hook", ["hooks.slack.com/"], String.raw`(hooks\.slack\.com/services/)([A-Za-z0-9/]{20,})`),
  shape("google key", ["AIza"], String.raw`AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_/+=-])`),
  shape("google token", ["ya29.", "GOCSPX-"], String.raw`(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]{20,}`),
  shape("jwt", ["eyJ"], String.raw`eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{0,}`),
  {
    what: "password",
    signs: ["://"],
    pattern: /(:\/\/[^\s:@/"'<>]{0,100}:)([^\s@/"'<>]{1,200})(?=@(?!sha\d))/g,
    holds: isSpelt,
  },
  {
    what: "credential",
    signs: ["uthorization", "UTHORIZATION"],
    pattern: /(uthorization[\\"']{0,3}\s{0,4}[:=]\s{0,4}[\\"']{0,3}(?:bearer|basic|token|digest|apikey)\s{1,4})([A-Za-z0-9._~+/=-]{8,})/gi,
    holds: isCased,
  },
  {
    what: "credential",
    signs: ["api-key", "Api-Key", "API-KEY", "access_token=", "api_key=", "_authToken="],
    pattern: /((?:api-key[\\"']{0,3}\s{0,4}[:=]\s{0,4}[\\"']{0,3})|[?&](?:access_token|api_key)=|_authToken=)([A-Za-z0-9._~-]{20,})/gi,
    holds: isMixed,
  },
  {
    what: "credential",
    signs: ["PASSWORD=", "SECRET=", "TOKEN=", "API_KEY="],
    pattern: /((?:^|\\n|[\s"'`;])(?:export )?[A-Z0-9_]{0,60}(?:PASSWORD|SECRET|TOKEN|API_KEY)=\\{0,3}["']?)([^\s"'\\$<]{6,})/gm,
    holds: isSpelt,
  },
];
const keySign = "PRIVATE KEY";
/** A text without any of these has nothing that a shape tells of; looked for at once, which counts where texts are many. */
const anySign = new RegExp(
  [...new Set([keySign, ...shapes.flatMap(({ signs }) => signs)])].map((sign) => sign.replaceAll(".", "\\.")).join("|"),
);

/** A field of this name holds nothing else. */
const credentialField = /^(?:proxy-)?authorization$/i;

const secretName = /(?:KEY|TOKEN|SECRET|PASSWORD)$/i;
const shortestValue = 8;

const mark = (what: string) => `[hidden: ${what}]`;
const marks = /\[hidden: [^\]\n]{1,100}\]/g;

/** How many marks a text has. */
export function countMarks(text: string): number {
  return text.match(marks)?.length ?? 0;
}

export function createMask(environment: Readonly<Record<string, string | undefined>>): Mask {
  const values = Object.entries(environment)
    .flatMap(([name, value = ""]) => (secretName.test(name) && value.length >= shortestValue ? [{ name, value }] : []))
    // Of one that begins with another, the whole goes.
    .toSorted((a, b) => b.value.length - a.value.length);

  const maskText = (text: string): string => {
    if (text.length < shortestValue) return text;
    let masked = text;
    for (const { name, value } of values) if (masked.includes(value)) masked = masked.replaceAll(value, () => mark(`value of ${name}`));
    if (!anySign.test(masked)) return masked;
    for (const { what, signs, pattern, holds } of shapes) {
      if (!signs.some((sign) => masked.includes(sign))) continue;
      masked = masked.replace(pattern, (found: string, first: unknown, second: unknown) => {
        const isSplit = typeof first === "string";
        const secret = isSplit ? String(second) : found;
        if (holds && !holds(secret)) return found;
        return (isSplit ? first : "") + mark(what);
      });
    }
    return masked.includes(keySign) ? maskKeys(masked) : masked;
  };

  const maskAny = (value: unknown): unknown => {
    if (typeof value === "string") return maskText(value);
    if (typeof value !== "object" || value === null) return value;
    return Array.isArray(value) ? maskList(value) : maskFields(value as Record<string, unknown>);
  };
  const maskList = (list: readonly unknown[]): readonly unknown[] => {
    const masked = list.map(maskAny);
    return masked.every((item, index) => item === list[index]) ? list : masked;
  };
  const maskFields = (fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
    const masked = new Map<string, unknown>();
    let differs = false;
    for (const [name, value] of Object.entries(fields)) {
      const isCredential = typeof value === "string" && value.length >= shortestValue && credentialField.test(name);
      const shown = isCredential && countMarks(value) === 0 ? mark("credential") : maskAny(value);
      const called = fieldName(maskText(name), masked);
      differs ||= shown !== value || called !== name;
      masked.set(called, shown);
    }
    return differs ? Object.fromEntries(masked) : fields;
  };
  return <Value>(value: Value) => maskAny(value) as Value;
}

/** Two that were told apart only by a secret stay two. */
function fieldName(name: string, taken: ReadonlyMap<string, unknown>): string {
  let free = name;
  for (let number = 2; taken.has(free); number += 1) free = `${name} ${number}`;
  return free;
}

const keyBegin = /-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
const keyEnd = /-----END (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----/g;
/** Of a key whose end was cut off; line ends may be written out. */
const keyLines = /(?:(?:\s|\\[rn])*[A-Za-z0-9+/=]{32,})+/y;
const keyLine = /[A-Za-z0-9+/=]{32}/;
const longestKey = 32 * 1024;

/** Private keys as blocks. What only speaks of their first and last lines is left. */
function maskKeys(text: string): string {
  let masked = "";
  let from = 0;
  const ends = [...text.matchAll(keyEnd)];
  let next = 0;
  for (const begin of text.matchAll(keyBegin)) {
    if (begin.index < from) continue;
    const body = begin.index + begin[0].length;
    while (ends[next] && (ends[next]?.index ?? 0) < body) next += 1;
    const to = endOfKey(text, body, ends[next]);
    if (to === undefined) continue;
    masked += text.slice(from, begin.index) + mark("private key");
    from = to;
  }
  return masked + text.slice(from);
}

function endOfKey(text: string, from: number, end: RegExpExecArray | undefined): number | undefined {
  if (end && end.index - from < longestKey && keyLine.test(text.slice(from, end.index))) return end.index + end[0].length;
  keyLines.lastIndex = from;
  return keyLines.test(text) ? keyLines.lastIndex : undefined;
}
