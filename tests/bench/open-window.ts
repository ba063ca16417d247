// The same long runs in the real window: from the click on a run, and from a move in time, until the graph and the line
// of time stand at the event.
import { _electron, type Page } from "@playwright/test";
import { root } from "../../electron/setup/places.ts";

const rounds = 12;
/** For what is drawn last, such as the line of time, to be there. */
const rest = 700;

/** @param folder a data directory with a long run of `total` events and, above it in the list, a short one */
export async function openInWindow(folder: string, shape: string, total: number): Promise<void> {
  const args = [root, "--no-sandbox", "--disable-gpu", "--data-dir", folder];
  const app = await _electron.launch({ args, env: process.env as Record<string, string> });
  const page = await app.firstWindow();
  await page.locator("[data-step]").first().waitFor();
  await page.waitForTimeout(1500);
  const first = await timed(page, { row: 1, total, place: total });
  const opened: number[] = [];
  const travelled: number[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    travelled.push(await timed(page, { total, place: 1 + ((round * 7919 * 13) % (total - 1)) }));
    await page.getByRole("option").nth(0).click();
    await page.waitForTimeout(rest);
    await page.locator(".timeline-at", { hasNotText: total.toLocaleString("en") }).waitFor();
    opened.push(await timed(page, { row: 1, total, place: total }));
  }
  await page.waitForTimeout(1000);
  const heap = await page.evaluate(() => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize);
  const p50 = (values: number[]) => (values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN).toFixed(0).padStart(5);
  const most = (values: number[]) =>
    Math.max(...values)
      .toFixed(0)
      .padStart(5);
  process.stdout.write(
    `  ${shape}, in the window: first ${first.toFixed(0).padStart(5)}  opened p50 ${p50(opened)} max ${most(opened)}  to an event p50 ${p50(travelled)} max ${most(travelled)}  heap ${(heap / 1e6).toFixed(0)} MB\n`,
  );
  await app.close();
}

/** Milliseconds from the click until a frame after the graph and the line of time stand there. */
function timed(page: Page, to: { readonly row?: number; readonly total: number; readonly place: number }): Promise<number> {
  return page.evaluate(async ({ row, total, place }) => {
    const from = performance.now();
    if (row === undefined) {
      const range = document.querySelector<HTMLInputElement>(".timeline-track input");
      Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value")?.set?.call(range, String(place - 1));
      range?.dispatchEvent(new Event("input", { bubbles: true }));
    } else {
      document.querySelectorAll<HTMLElement>("[role=option]")[row]?.click();
    }
    const words = `event ${place.toLocaleString("en")} of ${total.toLocaleString("en")}`;
    const stands = () =>
      document.querySelector(".timeline-at")?.textContent === words &&
      (document.querySelector(".timeline-track input")?.getAttribute("aria-valuetext") ?? "").startsWith(`event ${place} of ${total}`) &&
      document.querySelector(".react-flow__node [data-step]") !== null;
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    while (!stands()) await frame();
    await frame();
    return performance.now() - from;
  }, to);
}
