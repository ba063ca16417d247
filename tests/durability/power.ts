// What a disk may hold after the power was cut, worked out from the calls that changed it. Whatever was brought to the
// disk by fsync is there; of the rest any part may be: some writes and not others, and of one write only some sectors.
// Names follow a folder's own fsync; as on a journalling file system they reach the disk in order, so some first part of
// the open changes of a folder is there.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Random } from "../support/random.ts";
import type { Call } from "./victim.ts";

/** A disk writes one of these whole or not at all. */
const sector = 512;

type Change = { readonly is: "write"; readonly offset: number; readonly bytes: Buffer } | { readonly is: "cut"; readonly length: number };

interface File {
  safe: Buffer;
  open: Change[];
}

type Named = { readonly path: string; readonly file: File | undefined };

export class Disk {
  /** Who fsyncs in vain, for the test of the test. */
  readonly #lies: boolean;
  readonly #names = new Map<string, File>();
  readonly #safeNames = new Map<string, File>();
  #openNames: Named[] = [];

  /** `files`: what lay there, by path, before the first call. */
  constructor({ lies = false, files = new Map() }: { lies?: boolean; files?: ReadonlyMap<string, Buffer> } = {}) {
    this.#lies = lies;
    for (const [path, safe] of files) setName(this.#names, { path, file: { safe, open: [] } });
    for (const [path, file] of this.#names) this.#safeNames.set(path, file);
  }

  apply({ name, offset, bytes, path }: Call): void {
    switch (name) {
      case "pwrite":
      case "write":
        this.#file(path).open.push({ is: "write", offset, bytes });
        return;
      case "ftruncate":
        this.#file(path).open.push({ is: "cut", length: offset });
        return;
      case "fsync": {
        const file = this.#file(path);
        if (this.#lies) return;
        file.safe = after(file.safe, file.open);
        file.open = [];
        return;
      }
      case "syncdir": {
        if (this.#lies) return;
        for (const named of this.#openNames.filter((one) => dirname(one.path) === path)) setName(this.#safeNames, named);
        this.#openNames = this.#openNames.filter((one) => dirname(one.path) !== path);
        return;
      }
      case "rename": {
        const file = this.#file(bytes.toString());
        this.#name({ path: bytes.toString(), file: undefined });
        this.#name({ path, file });
        return;
      }
      case "unlink":
        this.#name({ path, file: undefined });
    }
  }

  /** Lays what one cut of the power may leave where the calls had it. */
  lay(random: Random): void {
    const names = new Map(this.#safeNames);
    const kept = random.below(this.#openNames.length + 1);
    for (const named of this.#openNames.slice(0, kept)) setName(names, named);
    for (const [path, file] of names) {
      // Shared memory is made anew by whoever opens the database first.
      if (path.endsWith("-shm")) continue;
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, partOf(file, random));
    }
  }

  #file(path: string): File {
    let file = this.#names.get(path);
    if (!file) this.#name({ path, file: (file = { safe: Buffer.alloc(0), open: [] }) });
    return file;
  }

  #name(named: Named): void {
    setName(this.#names, named);
    this.#openNames.push(named);
  }
}

function setName(names: Map<string, File>, { path, file }: Named): void {
  if (file) names.set(path, file);
  else names.delete(path);
}

/** None of what is open, all of it, or some of it in some order, with some writes torn. */
function partOf({ safe, open }: File, random: Random): Buffer {
  const luck = random.next();
  if (luck < 0.15) return safe;
  if (luck < 0.3) return after(safe, open);
  const share = random.next();
  const there = open.filter(() => random.often(share));
  // What overlaps keeps its order on the disk; a subset is every other order that can be told apart.
  return after(
    safe,
    there.flatMap((change) => (random.often(0.3) ? torn(change, random) : [change])),
  );
}

function torn(change: Change, random: Random): Change[] {
  if (change.is === "cut") return [change];
  const parts: Change[] = [];
  for (let at = 0; at < change.bytes.length;) {
    const end = Math.min(change.bytes.length, at + sector - ((change.offset + at) % sector));
    if (random.often(0.5)) parts.push({ is: "write", offset: change.offset + at, bytes: change.bytes.subarray(at, end) });
    at = end;
  }
  return parts;
}

function after(content: Buffer, changes: readonly Change[]): Buffer {
  const ends = changes.map((change) => (change.is === "cut" ? change.length : change.offset + change.bytes.length));
  const room = Buffer.alloc(Math.max(content.length, ...ends));
  content.copy(room);
  let { length } = content;
  for (const change of changes) {
    if (change.is === "cut") {
      room.fill(0, change.length);
      ({ length } = change);
      continue;
    }
    change.bytes.copy(room, change.offset);
    length = Math.max(length, change.offset + change.bytes.length);
  }
  return room.subarray(0, length);
}
