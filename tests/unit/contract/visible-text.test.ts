// Text from outside: nothing misleads on screen, and nothing hides in what a person says yes or no to.
import { expect, test } from "vitest";
import { harmlessText, visibleText } from "../../../core/contract/index.ts";

test("VT1: what is shown is harmless, and stays readable", () => {
  expect(harmlessText("a\u001b[31m\u202eb\tc\nd")).toBe("a\\u001b[31m\\u202eb\tc\nd");
  for (const text of ["👨\u200d👩\u200d👧 and ❤\ufe0f", "می\u200cخواهم", "naïve — “quoted”"]) expect(harmlessText(text)).toBe(text);
});

test("VT2: in what is judged every unseen sign is written out", () => {
  for (const sign of [
    "\u0007",
    "\u00ad",
    "\u061c",
    "\u180e",
    "\u200b",
    "\u200d",
    "\u2028",
    "\u202e",
    "\u2060",
    "\u2066",
    "\u2800",
    "\u3164",
    "\ufe0f",
    "\ufeff",
    "\u{e0041}",
    "\ud800",
  ]) {
    expect(visibleText(`a${sign}b`)).toBe(`a\\u${sign.codePointAt(0)?.toString(16).padStart(4, "0")}b`);
  }
  expect(visibleText("plain words,\n\tand é 漢 👩")).toBe("plain words,\n\tand é 漢 👩");
});
