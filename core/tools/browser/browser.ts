// The tools that use a browser, where there is one on this machine.
import { z } from "zod";
import { fail } from "../../contract/failure.ts";
import type { RunId } from "../../contract/ids.ts";
import { publicOnly, type MayDial } from "../../security/dial.ts";
import { resolveInWorkspace } from "../../security/workspace.ts";
import type { Clock } from "../../system/clock.ts";
import { contentHash, folderToMake, readContent, writeContent } from "../file-content.ts";
import { defineTool, type Tool, type ToolContext } from "../tool.ts";
import { WebAddress, withoutQuery } from "../web-address.ts";
import { findBrowser, whyNoBrowser } from "./find.ts";
import { openSession, type Session, type Ways } from "./session.ts";

export interface Browsers {
  readonly tools: readonly Tool[];
  /** Ends what a run had open; it starts anew if it goes on. */
  release(run: RunId): Promise<void>;
  close(): Promise<void>;
}

interface Held {
  readonly session: Promise<Session>;
  ways: Ways;
  stopIdle: () => void;
}

const Element = z
  .string()
  .regex(/^(f\d+)?e\d+$/, "must be a name such as e5")
  .describe("Its name in the outline, such as e5");
const Words = z
  .string()
  .min(2)
  .max(500)
  .describe('What stands before that name in the outline, such as link "Sign in"; it is refused when it is something else by then');

const mostAtOnce = 4;
const idleMs = 10 * 60_000;

export function browserTools(options: { readonly path: () => string; readonly clock: Clock; readonly mayDial?: MayDial }): Browsers {
  const { path, clock, mayDial = publicOnly } = options;
  const held = new Map<RunId, Held>();
  const closing = new Set<Promise<void>>();

  function release(run: RunId): Promise<void> {
    const known = held.get(run);
    if (!known) return Promise.resolve();
    held.delete(run);
    known.stopIdle();
    const closed = known.session.then(
      (session) => session.close(),
      () => {},
    );
    closing.add(closed);
    return closed.finally(() => closing.delete(closed));
  }

  /** What a call may do is what the page may do until the next. */
  function use(run: RunId, known: Held, { reach, signal }: Ways): Promise<Session> {
    known.ways = { reach, signal };
    known.stopIdle();
    known.stopIdle = clock.after(idleMs, () => void release(run));
    return known.session;
  }

  async function begin(context: ToolContext): Promise<Session> {
    const { run } = context;
    const known = held.get(run);
    if (known) return use(run, known, context);
    if (held.size >= mostAtOnce) throw fail("conflict", `${mostAtOnce} runs have a browser open already.`, "Wait for one of them to end.");
    const browser = findBrowser(path());
    if (!browser) throw fail("denied", whyNoBrowser(path()) ?? "There is no browser.");
    const made: Held = {
      session: openSession(browser, { mayDial, ways: () => made.ways, ended: () => void release(run) }),
      ways: context,
      stopIdle: () => {},
    };
    held.set(run, made);
    made.session.catch(() => held.get(run) === made && held.delete(run));
    return use(run, made, context);
  }

  function going(context: ToolContext): Promise<Session> {
    const known = held.get(context.run);
    if (!known) throw fail("conflict", "This run has no page open.", "Open it with browser.open first.");
    return use(context.run, known, context);
  }

  const closed = () => whyNoBrowser(path());
  const heard = ({ cameFrom }: ToolContext, session: Session) => cameFrom([sourceOf(session.url())]);
  const seenOn = {
    page: WebAddress.describe("The address of the page that it is on, as the page was read"),
    element: Element,
    words: Words,
  };

  const open = defineTool({
    name: "browser.open",
    description:
      "Opens a page in a browser and returns what can be read on it as an outline, where what can be clicked or filled in has a name such as [ref=e5]. Where it leads to another host is told, not followed.",
    effect: "reads",
    leave: "always",
    closed,
    input: z.strictObject({ url: WebAddress }),
    hosts: ({ url }) => [new URL(url).host],
    source: ({ url }) => sourceOf(url),
    run: async ({ url }, context) => (await begin(context)).open(url),
  });
  const read = defineTool({
    name: "browser.read",
    description: "Returns what can be read now on the page that this run has open.",
    effect: "reads",
    closed,
    input: z.strictObject({}),
    async run(_, context) {
      const session = await going(context);
      heard(context, session);
      return session.look();
    },
  });
  const click = defineTool({
    name: "browser.click",
    description: "Clicks something on the page that this run has open, and returns what can be read then.",
    effect: "unsafe",
    leave: "always",
    closed,
    input: z.strictObject(seenOn),
    hosts: ({ page }) => [new URL(page).host],
    source: ({ page }) => sourceOf(page),
    run: async (input, context) => (await going(context)).act(input, (element) => element.click({ signal: context.signal })),
  });
  const type = defineTool({
    name: "browser.type",
    description: "Fills in a field of the page that this run has open, and sends the form with the Enter key where `submit` says so.",
    effect: "unsafe",
    leave: "always",
    closed,
    input: z.strictObject({ ...seenOn, text: z.string().max(20_000), submit: z.boolean().default(false) }),
    hosts: ({ page }) => [new URL(page).host],
    source: ({ page }) => sourceOf(page),
    run: async ({ text, submit, ...where }, context) =>
      (await going(context)).act(where, async (element) => {
        await element.fill(text, { signal: context.signal });
        if (submit) await element.press("Enter", { signal: context.signal });
      }),
  });
  const screenshot = defineTool({
    name: "browser.screenshot",
    description: "Keeps a picture of what shows of the page that this run has open as a PNG file of the workspace.",
    effect: "idempotent",
    leave: "tainted",
    writes: true,
    closed,
    input: z.strictObject({
      path: z
        .string()
        .min(5)
        .max(4096)
        .regex(/\.png$/i, "must end in .png")
        .describe("Relative to the workspace, or absolute inside it"),
    }),
    touches: ({ path: file }) => [file],
    async run({ path: file }, context) {
      const session = await going(context);
      heard(context, session);
      const data = await session.picture();
      const content = { encoding: "base64" as const, data: data.toString("base64") };
      const target = resolveInWorkspace(context.workspace, file).path;
      const before = await readContent(target);
      await context.keepFile({ path: target, before, made: await folderToMake(target), after: contentHash(content) });
      await writeContent(target, content, context.key);
      return { path: file, bytes: data.length, url: session.url() };
    },
  });
  const close = defineTool({
    name: "browser.close",
    description: "Closes the page that this run has open. It is closed at the end of the run anyway.",
    effect: "reads",
    closed,
    input: z.strictObject({}),
    async run(_, { run }) {
      const open = held.has(run);
      await release(run);
      return { closed: open };
    },
  });

  return {
    tools: [open, read, click, type, screenshot, close],
    release,
    async close() {
      await Promise.all([...held.keys()].map(release));
      await Promise.all(closing);
    },
  };
}

function sourceOf(url: string): string {
  return `the page ${url.startsWith("http") ? withoutQuery(url) : url.slice(0, 200)}`;
}
