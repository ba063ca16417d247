// Text from outside as a person is to see it.

/** What moves the cursor or turns a line round. */
const misleading =
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/** Characters that are not seen: controls but line ends and tabs, zero-width and joining ones, directions, tags, variation
 * selectors, halves of characters. */
export const unseen = /(?![\t\n])[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800]/gu;

/** For whatever is shown: joined emoji and scripts that need joiners stay as they are, what misleads is written `\u202e`. */
export function harmlessText(text: string): string {
  return text.replaceAll(misleading, written);
}

/** For what a person says yes or no to: nothing in it hides, and two texts that differ look different. */
export function visibleText(text: string): string {
  return text.replaceAll(unseen, written);
}

function written(sign: string): string {
  return `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;
}
