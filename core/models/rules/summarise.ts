// A summary without a language model: the title, the sections, and the sentences that share most of the text's own
// frequent words (Luhn, "The Automatic Creation of Literature Abstracts", 1958).

export interface Summary {
  readonly heading: string | undefined;
  readonly sections: readonly string[];
  /** In the order of the text. */
  readonly sentences: readonly string[];
}

const picked = 4;
const common = new Set(
  "the a an and or of to in on at for with by from is are was were be been it its this that these those as not no you your we our they their he she can will would may must have has had do does did if then than so but into over under out up down all any each more most other some such only own same which who what when where how why".split(
    " ",
  ),
);

export function summarise(text: string): Summary {
  const lines = text
    .replaceAll(/^```[\s\S]*?^```/gm, "")
    .replaceAll(/<[^>\n]{1,500}>/g, "")
    .split("\n");
  const headings = lines.flatMap((line) => /^(#{1,3})\s+(.+?)\s*#*$/.exec(line)?.slice(1, 3).join(" ") ?? []);
  const titles = headings.map((line) => line.replace(/^#+ /, "").replaceAll(/[*_`[\]]/g, ""));
  const prose = lines
    .filter((line) => !/^\s*(?:#|\||>|[-*+] |\d+\. |!\[|\[!|---|===|$)/.test(line))
    .join("\n")
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1")
    .replaceAll(/[*_`]{1,3}/g, "");
  const sentences = prose
    .split(/\n{2,}/)
    .flatMap((paragraph) => paragraph.replaceAll(/\s+/g, " ").split(/(?<=[.!?])\s+(?=[\p{Lu}\d"“(])/u))
    .map((sentence) => sentence.trim())
    .filter((sentence) => sentence.length >= 20 && sentence.length <= 400);
  return { heading: titles[0], sections: titles.slice(1, 13), sentences: pick(sentences) };
}

function pick(sentences: readonly string[]): string[] {
  const weights = new Map<string, number>();
  for (const word of sentences.flatMap(significantWords)) weights.set(word, (weights.get(word) ?? 0) + 1);
  const scored = sentences.map((sentence, index) => {
    const words = significantWords(sentence);
    const sum = words.reduce((total, word) => total + (weights.get(word) ?? 0), 0);
    return { index, score: (sum / Math.max(6, words.length)) * (index === 0 ? 2 : 1) };
  });
  const best = scored.sort((a, b) => b.score - a.score || a.index - b.index).slice(0, picked);
  return best.sort((a, b) => a.index - b.index).flatMap(({ index }) => sentences[index] ?? []);
}

function significantWords(sentence: string): string[] {
  return (sentence.toLowerCase().match(/[\p{L}][\p{L}'-]{2,}/gu) ?? []).filter((word) => !common.has(word));
}
