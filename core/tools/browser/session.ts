// The page that an agent looks at: one a run. It stays on the host that it was let onto; where a link or a redirect leads
// elsewhere, that is handed back, so that policy judges it as a call of its own.
import type { CDPSession, Frame, Locator, Page, Request } from "playwright-core";
import { fail, failureOf } from "../../contract/failure.ts";
import type { Leave } from "../../contract/policy.ts";
import { dialling, readWebAddress, type MayDial } from "../../security/dial.ts";
import type { FoundBrowser } from "./find.ts";
import { launchBrowser, type Launched } from "./launch.ts";
import { refusalHeader } from "../sandbox/egress.ts";

/** A page as it is told. */
export interface PageSeen {
  readonly url: string;
  /** Of the last page that was opened; absent where no answer came from a server. */
  readonly status?: number;
  readonly title: string;
  /** What can be read, as an outline; what can be clicked or filled in has a name such as `[ref=e5]`. */
  readonly text: string;
  readonly truncated: boolean;
  /** Addresses on other hosts that the page wanted to go to: open them by themselves. */
  readonly leadsTo?: readonly string[];
  /** Hosts that it was not let to, each with why. */
  readonly refused?: readonly string[];
  /** What stands between the page and the machine. */
  readonly walls: string;
}

export interface Session {
  open(url: string): Promise<PageSeen>;
  look(): Promise<PageSeen>;
  /** The element of this name on the page at `page`, if its line in the outline still begins with `words`.
   * @throws FailureError `conflict` when it is another by now */
  act(what: { readonly page: string; readonly element: string; readonly words: string }, act: Act): Promise<PageSeen>;
  /** A PNG file's bytes. */
  picture(): Promise<Buffer>;
  readonly url: () => string;
  close(): Promise<void>;
}

export type Act = (element: Locator) => Promise<void>;

export interface Ways {
  /** What the rules say of a host; undefined when nothing. */
  readonly reach: (host: string) => Leave | undefined;
  readonly signal: AbortSignal;
}

const openMs = 30_000;
const settleMs = 5_000;
const actMs = 10_000;
/** A page that holds up an outline holds up its text as well until that has come to its end. */
const plainMs = 30_000;
const mostText = 60_000;
/** An outline of more holds the page up for minutes. */
const mostElements = 50_000;
const mostLeads = 10;
const noOutline = "The page is too large or too deep for an outline, so its elements can't be named.";
/** Asked by the browser itself, for its own parts. */
const ownErrands = new Set(["update.googleapis.com", "clients2.google.com"]);

const unasked = "no page asked for it";

export async function openSession(
  browser: FoundBrowser,
  { mayDial, ways, ended }: { mayDial: MayDial; ways: () => Ways; ended: () => void },
): Promise<Session> {
  /** The host that the person or a rule let the page onto. */
  let home: string | undefined;
  let leads: string[] = [];
  let status: number | undefined;

  const mayReach = (host: string): string | undefined => {
    if (home === undefined || (ownErrands.has(host) && host !== home)) return unasked;
    const said = ways().reach(host);
    return host !== home && (said === "deny" || said === "ask") ? "a rule keeps it from this host" : undefined;
  };
  const launched: Launched = await launchBrowser(browser, { mayReach, mayDial });
  const { context, egress, walls } = launched;
  context.setDefaultTimeout(actMs);
  const page: Page = context.pages()[0] ?? (await context.newPage());
  const leadTo = (url: string) => {
    if (leads.length < mostLeads && !leads.includes(url)) leads.push(url.slice(0, 8192));
  };
  const isHome = (url: string) => {
    const read = readWebAddress(url);
    return typeof read !== "string" && read.host === home;
  };

  context.once("close", ended);
  page.once("crash", ended);
  page.on("dialog", (dialog) => void dialog.dismiss().catch(() => {}));
  page.on("download", (download) => void download.cancel().catch(() => {}));
  context.on("page", (other) => void (other === page ? undefined : other.close().catch(() => {})));
  await context.route("**/*", async (route) => {
    const request = route.request();
    const frame = frameOf(request);
    const top = request.isNavigationRequest() && !frame?.parentFrame();
    const stays = !top || (frame === page.mainFrame() && isHome(request.url()));
    if (!stays) leadTo(request.url());
    // A page that is being closed takes no answer.
    await (stays ? route.continue() : route.abort("aborted")).catch(() => {});
  });
  await stopRedirects(await context.newCDPSession(page), (url) => {
    if (isHome(url)) return true;
    leadTo(url);
    return false;
  });

  async function outline(): Promise<string> {
    const { signal } = ways();
    const elements = await within(actMs, signal, page.evaluate<number>(`document.getElementsByTagName("*").length`));
    if (elements > mostElements) throw fail("tool.failed", noOutline);
    return page.ariaSnapshot({ mode: "ai", timeout: actMs, signal });
  }
  async function textOf(): Promise<string> {
    try {
      return await outline();
    } catch {
      ways().signal.throwIfAborted();
      return `${noOutline} This is its plain text.\n\n${await plainText(page, ways().signal)}`;
    }
  }
  async function look(): Promise<PageSeen> {
    const text = await textOf();
    const refused = [...egress.refused].filter(([, why]) => why !== unasked);
    const seen: PageSeen = {
      url: page.url(),
      ...(status === undefined ? {} : { status }),
      title: (await within(actMs, ways().signal, page.title())).slice(0, 500),
      text: text === "" && leads.length > 0 ? leadWords(leads) : text.slice(0, mostText),
      truncated: text.length > mostText || text.startsWith(noOutline),
      ...(leads.length === 0 ? {} : { leadsTo: leads }),
      ...(refused.length === 0 ? {} : { refused: refused.slice(0, 20).map(([host, why]) => `${host}: ${why}`) }),
      walls,
    };
    leads = [];
    return seen;
  }
  /** Until what the page does of itself has come to rest, or is given up on. */
  const settle = () => page.waitForLoadState("load", { timeout: settleMs }).catch(() => {});

  return {
    url: () => page.url(),
    look,
    async open(url) {
      dialling(new URL(url), mayDial);
      home = new URL(url).host;
      leads = [];
      status = undefined;
      try {
        const response = await page.goto(url, { timeout: openMs, waitUntil: "domcontentloaded", signal: ways().signal });
        if (response?.headers()[refusalHeader]) throw new Error("no answer came from there");
        status = response?.status();
      } catch (error) {
        ways().signal.throwIfAborted();
        if (leads.length === 0 && !egress.refused.has(home)) throw unreachable(home, egress.unreached.get(home) ?? firstLine(error));
      }
      const refused = egress.refused.get(home);
      if (refused !== undefined) throw fail("denied", refused.startsWith(home) ? refused : `${home}: ${refused}`);
      await settle();
      return look();
    },
    async act({ page: address, element, words }, act) {
      if (page.url() !== address) {
        throw fail("conflict", `The page is ${page.url().slice(0, 500)} by now, not ${address}.`, "Read it again and choose anew.");
      }
      const seen = await outline().catch(() => {
        ways().signal.throwIfAborted();
        throw fail("tool.failed", noOutline);
      });
      const line = seen.split("\n").find((each) => each.includes(`[ref=${element}]`));
      const said = line?.replace(/^[\s-]+/, "");
      if (!said?.startsWith(words)) {
        const is = said === undefined ? `There is no ${element} on the page` : `${element} is ${said.slice(0, 200)}`;
        throw fail("conflict", `${is}, not ${words}.`, "Read the page again and choose anew.");
      }
      const target = page.locator(`aria-ref=${element}`);
      const frame = await (await target.elementHandle()).ownerFrame();
      if (!frame || !isHome(frame.url())) {
        throw fail("denied", `${words} lies in a frame of another host.`, "Open that frame's address by itself.");
      }
      try {
        await act(target);
      } catch (error) {
        ways().signal.throwIfAborted();
        throw fail("tool.failed", `${words} can't be used: ${firstLine(error)}`);
      }
      // What it set off begins a moment later.
      await page.waitForTimeout(300);
      await settle();
      return look();
    },
    picture: () => page.screenshot({ type: "png", timeout: actMs, signal: ways().signal }),
    close: launched.close,
  };
}

/** @throws FailureError `timeout` when the page does not answer, `tool.failed` when it can't be read */
async function plainText(page: Page, signal: AbortSignal): Promise<string> {
  const text = page.evaluate<string>(`document.body.innerText.slice(0, ${mostText + 1})`);
  try {
    return await within(plainMs, signal, text);
  } catch (error) {
    signal.throwIfAborted();
    throw fail(
      failureOf(error).code === "timeout" ? "timeout" : "tool.failed",
      `${noOutline} Nor can its text be read: ${firstLine(error)}`,
    );
  }
}

/** For what a page is asked with no limit of its own. */
async function within<Value>(ms: number, signal: AbortSignal, work: Promise<Value>): Promise<Value> {
  let end = () => {};
  const over = new Promise<never>((_, reject) => {
    const timer = setTimeout(() => reject(fail("timeout", `The page gave no answer within ${ms / 1000} s.`)), ms);
    const stop = () => reject(signal.reason as Error);
    signal.addEventListener("abort", stop, { once: true });
    end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    };
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    end();
  }
}

function leadWords(leads: readonly string[]): string {
  return leads.map((url) => `The page leads to ${url}, another host: open that by itself.`).join("\n");
}

/** Undefined for what a window asks for before it is there. */
function frameOf(request: Request): Frame | undefined {
  try {
    return request.frame();
  } catch {
    return undefined;
  }
}

/** Redirects of the page itself come past here; what watches requests elsewhere sees only their first address. */
async function stopRedirects(session: CDPSession, mayGo: (url: string) => boolean): Promise<void> {
  const { frameTree } = await session.send("Page.getFrameTree");
  session.on("Fetch.requestPaused", ({ requestId, request, frameId, resourceType }) => {
    const top = resourceType === "Document" && frameId === frameTree.frame.id;
    const answered =
      !top || mayGo(request.url)
        ? session.send("Fetch.continueRequest", { requestId })
        : session.send("Fetch.failRequest", { requestId, errorReason: "Aborted" });
    answered.catch(() => {});
  });
  await session.send("Fetch.enable", { patterns: [{ urlPattern: "*", resourceType: "Document", requestStage: "Request" }] });
}

function unreachable(host: string, said: string) {
  if (/timeout/i.test(said)) return fail("timeout", `${host} took longer than ${openMs / 1000} s.`);
  return fail("tool.failed", `${host} can't be opened: ${said}`);
}

function firstLine(error: unknown): string {
  return (failureOf(error).message.split("\n")[0] ?? "").slice(0, 300);
}
