// The one door to core for the desktop, the command line and the tests.
export { openCore, type Core, type CoreOptions } from "./core.ts";
export { bridge } from "./doors/attach.ts";
export { openOrJoin } from "./open.ts";
export { createProgram } from "./doors/console/program.ts";
export type { Files } from "./doors/console/files.ts";
export { wholeNumber, type Act, type Surface } from "./doors/console/surface.ts";
export { exitCodes } from "./doors/console/exit-code.ts";
export { table, tint, type Terminal } from "./doors/console/terminal.ts";
export { measureEngine, shapes as engineShapes, type Work as EngineWork, type WorkFigure } from "./bench/engine-work.ts";
export type { MessagePortLike } from "./doors/ports.ts";
export type { CoreClient } from "./doors/rooms.ts";
export { readSite, siteHeaders } from "./doors/site.ts";
export { socketPath } from "./doors/socket-path.ts";
export { defaultDataDir } from "./store/data-dir.ts";
export { syncFolder } from "./tools/file-content.ts";
