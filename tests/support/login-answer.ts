// The person's browser in a login: opens the page, which says yes at once, and goes where it is sent.

/** Returns what the host's own page says. */
export async function answerLogin(
  address: string,
  change: (back: URL) => URL = (back) => back,
): Promise<{ status: number; words: string }> {
  const { headers } = await fetch(address, { redirect: "manual" });
  const location = headers.get("location");
  if (location === null) throw new Error(`${address} sends nobody back`);
  const response = await fetch(change(new URL(location)));
  return { status: response.status, words: await response.text() };
}
