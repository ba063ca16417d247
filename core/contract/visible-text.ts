// Text as a person is to see it: nothing in it hides, turns the line round, or moves the cursor.

const unseen =
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;

/** Control, zero-width and direction characters as `\u202e`; line ends and tabs stay. Two texts that differ look different. */
export function visibleText(text: string): string {
  return text.replaceAll(unseen, (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`);
}
