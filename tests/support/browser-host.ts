// A process that opens a page in a browser, says so, and waits to be killed.
import { browserTools } from "../../core/tools/browser/browser.ts";
import type { ToolContext } from "../../core/tools/tool.ts";
import { systemClock } from "../../core/system/clock.ts";

const url = process.argv[2] ?? "";
const { tools } = browserTools({ path: () => "", clock: systemClock, mayDial: () => true });
const context = { run: "run_1", key: "run_1/1", reach: () => undefined, cameFrom: () => {}, signal: new AbortController().signal };
const seen = await tools.find(({ name }) => name === "browser.open")?.run({ url }, context as unknown as ToolContext);
process.stdout.write(`${JSON.stringify(seen)}\n`);
setInterval(() => {}, 1000);
