// Files are exchanged for links while tools use them: what lies outside is never read and never written.
import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { inFolder, openFile } from "../../../core/security/held-files.ts";
import { resolveInWorkspace } from "../../../core/security/workspace.ts";
import { readContent, writeContent } from "../../../core/tools/file-content.ts";
import { temporaryFolder } from "../../support/core.ts";

/** Exchanges `place` for a link that leads out and back, as fast as another thread can, until the test is over. */
function exchanger(place: string, target: string): void {
  const code = `
    const { renameSync, rmSync, symlinkSync } = require("node:fs");
    const { workerData: { place, target }, parentPort } = require("node:worker_threads");
    symlinkSync(target, place + ".link");
    parentPort.postMessage("on");
    // A write may have made the folder anew while it was away; it goes, so that the exchange goes on.
    const move = (from, to) => {
      for (;;) try { return renameSync(from, to); } catch { try { rmSync(to, { recursive: true, force: true }); } catch {} }
    };
    for (;;) {
      move(place, place + ".real");
      move(place + ".link", place);
      move(place, place + ".link");
      move(place + ".real", place);
    }`;
  const worker = new Worker(code, { eval: true, workerData: { place, target } });
  onTestFinished(() => void worker.terminate());
}

const tries = 10_000;

test("RC1: of 10,000 reads of a folder that is exchanged for a link, none gives what lies outside", async () => {
  const top = temporaryFolder({ "outside/a.txt": "outside", "workspace/sub/a.txt": "inside" });
  const workspace = join(top, "workspace");
  exchanger(join(workspace, "sub"), join(top, "outside"));
  const seen = new Map<string, number>();
  const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
  for (let round = 0; round < tries; round += 1) {
    try {
      const { path, inside } = resolveInWorkspace(workspace, "sub/a.txt");
      if (!inside) {
        count("judged outside");
        continue;
      }
      const content = await readContent(path);
      count(content === null ? "nothing" : content.data);
    } catch {
      count("refused");
    }
  }
  expect(seen.get("outside") ?? 0).toBe(0);
  // It was read, and it was exchanged: else nothing was proven.
  expect(seen.get("inside") ?? 0).toBeGreaterThan(0);
  expect((seen.get("judged outside") ?? 0) + (seen.get("refused") ?? 0) + (seen.get("nothing") ?? 0)).toBeGreaterThan(0);
});

test("RC2: of 2,000 writes into a folder that is exchanged for a link, none lands outside", async () => {
  const top = temporaryFolder({ "outside/a.txt": "outside", "workspace/sub/a.txt": "inside" });
  const workspace = join(top, "workspace");
  exchanger(join(workspace, "sub"), join(top, "outside"));
  let written = 0;
  for (let round = 0; round < tries / 5; round += 1) {
    try {
      const { path, inside } = resolveInWorkspace(workspace, "sub/a.txt");
      if (!inside) continue;
      await writeContent(path, { encoding: "utf8", data: `written ${round}` }, "run/call");
      written += 1;
    } catch {
      // Refused, or it was away just then.
    }
    expect(readFileSync(join(top, "outside", "a.txt"), "utf8")).toBe("outside");
  }
  expect(written).toBeGreaterThan(0);
});

test("RC3: a folder that is moved away while it is held is written where it went, not where its name leads now", async () => {
  const top = temporaryFolder({ "sub/a.txt": "a" });
  mkdirSync(join(top, "trap"));
  await inFolder(join(top, "sub"), (at) => {
    renameSync(join(top, "sub"), join(top, "moved"));
    symlinkSync(join(top, "trap"), join(top, "sub"));
    writeFileSync(at("b.txt"), "b");
    return Promise.resolve();
  });
  expect(readFileSync(join(top, "moved", "b.txt"), "utf8")).toBe("b");
  rmSync(join(top, "sub"));
  symlinkSync(join(top, "moved", "a.txt"), join(top, "link.txt"));
  await expect(openFile(join(top, "link.txt"))).rejects.toThrow("leads elsewhere");
  await expect(openFile("/dev/null")).rejects.toThrow("is not a file");
  await expect(openFile(top)).rejects.toThrow("is not a file");
});
