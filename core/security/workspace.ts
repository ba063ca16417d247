// Keeping file tools inside one folder: a path is judged after every link in it is resolved.
import { realpathSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, basename } from "node:path";

/** Where `path` really leads, links resolved as far as it exists; relative ones start at the workspace. */
export function resolveInWorkspace(workspace: string, path: string): { path: string; inside: boolean } {
  const root = realpathSync(workspace);
  const real = realPathOf(resolve(root, path));
  const way = relative(root, real);
  return { path: real, inside: way === "" || (!way.startsWith("..") && !isAbsolute(way)) };
}

/** Where a path really leads, links resolved as far as it exists. */
export function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPathOf(parent), basename(path));
  }
}
