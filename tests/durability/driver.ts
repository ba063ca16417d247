// The process that is killed: a host that acts one flow in a folder, and says on standard output what a person would
// have seen by then. Each line leaves this process at once, so whatever was said before a kill has been read.
import { openSync, writeSync } from "node:fs";
import { flows, openHost } from "./flows.ts";

const [name = "", folder = ""] = process.argv.slice(2);
const flow = flows[name];
if (!flow) throw new Error(`there is no flow ${name}`);
/** The power-cut suite has it written into the folder that is recorded. */
const file = process.env["DRIVER_SAYS"];
const said = file === undefined ? 1 : openSync(file, "a");
const say = (line: object) => void writeSync(said, `${JSON.stringify(line)}\n`);

const core = openHost(folder);
const showing = (async () => {
  for await (const followed of await core.client.events.follow({ since: 0 })) if (followed.is === "event") say(followed.event);
})();
await core.resume();
await flow.act(core.client, say, folder);
await core.close();
await showing;
say({ is: "closed" });
