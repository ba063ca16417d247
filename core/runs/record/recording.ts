// A recording: one run as a file of JSON lines that stands alone. A header, then each event in full with a hash that
// follows from the line before and its own words, then a footer with the count and the last hash.
//
//   {"recording":{"events":2,"format":"botmojo.recording","hash":"sha256","program":"0.1.0","run":"run_…","version":1}}
//   {"hash":"…","event":{"actor":…,"at":…,"cause":null,"data":…,"run":…,"seq":1,"step":null,"type":"run.started"}}
//   {"hash":"…","end":{"content":"…","events":2,"last":"…"}}
//
// Events are numbered from one, so a run has the same file wherever in a log it stands. There is one way to write an
// event (its own fields and those of its data in order, values as they were, no spaces): what is read is written again
// byte for byte, or refused.
import { createHash, hash, type Hash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../../contract/canonical-json.ts";
import { Actor, eventTypes, type Event, type EventType } from "../../contract/events.ts";
import { fail, type FailureError } from "../../contract/failure.ts";
import { Instant, RunId, Seq, StepId } from "../../contract/ids.ts";
import { jsonFault } from "./recording-json.ts";

const format = "botmojo.recording";
const version = 1;

const Header = z.strictObject({
  format: z.literal(format),
  version: z.literal(version),
  program: z.string().max(64),
  run: RunId,
  events: z.int().positive(),
  hash: z.literal("sha256"),
});
type Header = z.infer<typeof Header>;

const Line = z.strictObject({
  seq: Seq,
  run: RunId,
  step: StepId.nullable(),
  type: z.string(),
  at: Instant,
  actor: Actor,
  cause: Seq.nullable(),
  data: z.record(z.string(), z.unknown()),
});

const Footer = z.strictObject({ events: z.int(), last: z.string(), content: z.string() });

/** What a run never says of itself. */
const foreign: ReadonlySet<string> = new Set(["run.imported", "run.removed", "config.changed"]);

/** UTF-16 units. A plan of 100,000 steps is one line of about 12 million. */
export const longestLine = 32 * 2 ** 20;
const longestFile = 512 * 2 ** 20;
const nothingChanged = "Nothing was changed.";

export interface Recording {
  readonly run: RunId;
  readonly program: string;
  /** Numbered from one; the runs that it was forked from first. */
  readonly events: readonly Event[];
  /** SHA-256 over the events alone: the same for the same run, whichever program wrote the file. */
  readonly content: string;
}

export function fileFault(line: number, says: string, remedy = nothingChanged): FailureError {
  return fail("input.invalid", `Line ${line}${line > 1 ? ` (event ${line - 1})` : ""}: ${says}`, remedy);
}

/** The words of one event, as its line holds them and its hashes cover them. */
export function eventWords({ seq, run, step, type, at, actor, cause, data }: Event): string {
  const fields = Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({ actor, at, cause, data: Object.fromEntries(fields), run, seq, step, type });
}

/** Makes a file's lines, each with its hash. */
export class RecordingWriter {
  readonly #header: Header;
  readonly #content = newContent();
  #last = "";
  #count = 0;

  constructor(about: { run: RunId; program: string; events: number }) {
    this.#header = { format, version, hash: "sha256", ...about };
  }

  begin(): string {
    const line = `{"recording":${canonicalJson(this.#header)}}`;
    this.#last = hash("sha256", line);
    return `${line}\n`;
  }

  /** @throws FailureError `conflict` for an event that could not be read again */
  event(event: Event): string {
    const words = eventWords(event);
    const fault = jsonFault(words, longestLine);
    if (fault) throw fail("conflict", `Event ${event.seq} of ${event.run} can't be in a recording: ${fault}.`);
    this.#content.update(words).update("\n");
    this.#last = follow(this.#last, words);
    this.#count += 1;
    return `{"hash":"${this.#last}","event":${words}}\n`;
  }

  end(): string {
    if (this.#count !== this.#header.events) {
      throw fail("conflict", `${this.#header.run} changed while it was being recorded.`, "Record it again.");
    }
    const words = canonicalJson({ content: this.#content.digest("hex"), events: this.#count, last: this.#last });
    return `{"hash":"${follow(this.#last, words)}","end":${words}}\n`;
  }
}

/** Takes a file in pieces of text, cut anywhere, and believes nothing.
 * @throws FailureError `input.invalid` that names the line and the event */
export class RecordingReader {
  #rest = "";
  #chars = 0;
  #line = 0;
  #header: Header | undefined;
  #last = "";
  readonly #content = newContent();
  readonly #events: Event[] = [];
  #ended: string | undefined;

  take(piece: string): void {
    this.#chars += piece.length;
    if (this.#chars > longestFile) throw fileFault(this.#line + 1, `the file is longer than ${longestFile / 2 ** 20} MiB.`);
    let from = 0;
    for (let to = piece.indexOf("\n"); to >= 0; to = piece.indexOf("\n", from)) {
      this.#read(this.#rest + piece.slice(from, to));
      this.#rest = "";
      from = to + 1;
    }
    this.#rest += piece.slice(from);
    if (this.#rest.length > longestLine) throw fileFault(this.#line + 1, tooLong);
  }

  end(): Recording {
    if (this.#rest !== "") this.#read(this.#rest);
    if (!this.#header) throw fail("input.invalid", "The file is empty, so it is no recording.", nothingChanged);
    if (this.#ended === undefined) {
      throw fileFault(
        this.#line + 1,
        `the file ends after ${this.#events.length} of ${this.#header.events} events, without its last line.`,
      );
    }
    return { run: this.#header.run, program: this.#header.program, events: this.#events, content: this.#ended };
  }

  #read(line: string): void {
    this.#line += 1;
    if (this.#ended !== undefined) throw fileFault(this.#line, "there is something after the recording's end.");
    if (!this.#header) this.#readHeader(line);
    else if (!line.startsWith('","event":', '{"hash":""'.length + 63)) this.#readFooter(line);
    else if (this.#events.length < this.#header.events) this.#readEvent(line, this.#header);
    else throw fileFault(this.#line, `it is one event more than the ${this.#header.events} of the first line.`);
  }

  #readHeader(line: string): void {
    const read = line.startsWith('{"recording":{') && jsonFault(line, longestLine) === undefined ? parse(line) : undefined;
    const said = read as { recording?: Record<string, unknown> } | undefined;
    const about = said?.recording;
    if (about?.["format"] !== format) {
      throw fail("input.invalid", "Line 1: this is no recording; those begin with a line that says so.", nothingChanged);
    }
    if (typeof about["version"] === "number" && about["version"] > version) {
      throw fileFault(1, `the recording is of a newer format (${about["version"]}; this BotMojo knows ${version}).`, newer);
    }
    const header = Header.safeParse(about);
    if (!header.success) throw fileFault(1, `the header is not one: ${issueText(header.error)}.`);
    if (line !== `{"recording":${canonicalJson(header.data)}}`) throw fileFault(1, notCanonical);
    this.#header = header.data;
    this.#last = hash("sha256", line);
  }

  #readEvent(line: string, { run, events }: Header): void {
    const number = this.#events.length + 1;
    const at = this.#line;
    const words = this.#open(line, "event");
    const read = Line.safeParse(parse(words));
    if (!read.success) throw fileFault(at, `it is not an event: ${issueText(read.error)}.`);
    const { seq, type, data } = read.data;
    if (seq !== number) throw fileFault(at, `the event says that it is number ${seq}; it should be ${number} of ${events}.`);
    if (!Object.hasOwn(eventTypes, type)) {
      throw fileFault(at, `this BotMojo does not know events of the kind "${type.slice(0, 64)}".`, newer);
    }
    if (foreign.has(type)) throw fileFault(at, `an event of the kind ${type} can't be part of a run.`);
    const shaped = eventTypes[type as EventType].data.safeParse(data);
    if (!shaped.success) throw fileFault(at, `its data is not that of ${type}: ${issueText(shaped.error)}.`);
    const event = read.data as Event;
    if (words !== eventWords(event)) throw fileFault(at, notCanonical);
    this.#checkPlace(event, at);
    if (number === events && event.run !== run) throw fileFault(at, `it is of ${event.run}, where the recording is of ${run}.`);
    this.#content.update(words).update("\n");
    this.#events.push(event);
  }

  /** A run begins, and goes on until another that was forked from its last event begins. */
  #checkPlace(event: Event, line: number): void {
    const before = this.#events.at(-1);
    const origin = event.type === "run.started" ? event.data.origin : undefined;
    const forked = origin?.kind === "fork" ? origin : undefined;
    if (!before && (event.type !== "run.started" || forked))
      throw fileFault(line, "a run begins with its start, and this is another event.");
    if (!before || (before.run === event.run && event.type !== "run.started")) return;
    if (before.run === event.run || !forked) throw fileFault(line, `${event.type} of ${event.run} can't follow here.`);
    if (forked.run !== before.run || forked.at !== before.seq) {
      throw fileFault(line, `it says that it was forked from event ${forked.at} of ${forked.run}, which is not the one before.`);
    }
  }

  #readFooter(line: string): void {
    const at = this.#line;
    const expected = { events: this.#events.length, last: this.#last, content: this.#content.copy().digest("hex") };
    const footer = Footer.safeParse(parse(this.#open(line, "end")));
    if (!footer.success) throw fileFault(at, `the last line is not one: ${issueText(footer.error)}.`);
    if (footer.data.events !== expected.events || expected.events !== this.#header?.events) {
      const says = `${this.#header?.events} in the first line, ${footer.data.events} in the last`;
      throw fileFault(at, `the recording holds ${expected.events} events, where it says ${says}.`);
    }
    if (canonicalJson(footer.data) !== canonicalJson(expected)) throw fileFault(at, "the last line's hashes are not those of the events.");
    this.#ended = expected.content;
  }

  /** The words inside a line `{"hash":"…","WHAT":…}` whose hash follows. */
  #open(line: string, what: "event" | "end"): string {
    const at = this.#line;
    const [, said, words] = (what === "event" ? eventLine : endLine).exec(line) ?? [];
    const fault = jsonFault(line, longestLine);
    if (fault) throw fileFault(at, `${fault}.`);
    if (said === undefined || words === undefined) {
      throw fileFault(at, `it is neither an event nor the end of a recording${line.endsWith("}") ? "" : "; it is cut off"}.`);
    }
    const expected = follow(this.#last, words);
    if (said !== expected) throw fileFault(at, "its hash does not follow from the line before and its own words: it was changed.");
    if (what === "event") this.#last = expected;
    return words;
  }
}

const eventLine = /^\{"hash":"([0-9a-f]{64})","event":(\{.*\})\}$/s;
const endLine = /^\{"hash":"([0-9a-f]{64})","end":(\{.*\})\}$/s;
const newer = "Nothing was changed. Update BotMojo.";
const notCanonical = "it is not written as BotMojo writes it (fields in order, each once, no spaces).";
const tooLong = `it is longer than ${longestLine / 2 ** 20} MiB.`;

function follow(last: string, words: string): string {
  return hash("sha256", `${last}\n${words}`);
}

function newContent(): Hash {
  return createHash("sha256");
}

/** The hash over events alone, as a recording's last line has it. */
export function contentOf(events: Iterable<Event>): string {
  const content = newContent();
  for (const event of events) content.update(eventWords(event)).update("\n");
  return content.digest("hex");
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function issueText(error: z.ZodError): string {
  const [issue] = error.issues;
  return `at /${issue?.path.join("/") ?? ""}: ${issue?.message ?? "invalid"}`.slice(0, 300);
}
