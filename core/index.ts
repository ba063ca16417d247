// The one door to core for the desktop, the command line and the tests.
export { openCore, type Core, type CoreOptions } from "./core.ts";
export { attach, bridge, type Attached } from "./doors/attach.ts";
export { createProgram, wholeNumber, type Act, type Surface } from "./doors/console/program.ts";
export { exitCodes } from "./doors/console/exit-code.ts";
export { tint } from "./doors/console/terminal.ts";
export type { MessagePortLike } from "./doors/ports.ts";
export type { CoreClient } from "./doors/rooms.ts";
export { readSite, siteHeaders, type Site } from "./doors/site.ts";
export { socketPath } from "./doors/socket-path.ts";
export { defaultDataDir } from "./store/data-dir.ts";
