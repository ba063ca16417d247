// The link to the host, and streams that outlive it: each starts again from its cursor when the host is back.
import { create } from "zustand";
import { failureOf, type Failure } from "../../core/contract/index.ts";
import type { Connector, CoreClient, Link } from "../connection/client.ts";

interface LinkState {
  readonly link: Link;
  /** Was open once, so what is shown is real though it may be behind. */
  readonly seen: boolean;
}

export const useLink = create<LinkState>(() => ({ link: { is: "connecting" }, seen: false }));

/** Runs for every opened link until it closes. */
type Stream = (client: CoreClient, signal: AbortSignal) => Promise<void>;

const streams = new Set<Stream>();

export function startLink(connector: Connector): () => void {
  return connector((link) => {
    useLink.setState(({ seen }) => ({ link, seen: seen || link.is === "open" }));
    if (link.is === "open") for (const stream of streams) launch(stream, link.client, link.closed);
  });
}

/** Keeps a stream going over every link. Returns its stop. */
export function keepStreaming(stream: Stream): () => void {
  const stopped = new AbortController();
  const guarded: Stream = (client, signal) => {
    const either = AbortSignal.any([signal, stopped.signal]);
    if (either.aborted) return Promise.resolve();
    return stream(client, either).catch((error: unknown) => {
      if (!either.aborted) throw error;
    });
  };
  streams.add(guarded);
  const { link } = useLink.getState();
  if (link.is === "open") launch(guarded, link.client, link.closed);
  return () => {
    stopped.abort();
    streams.delete(guarded);
  };
}

function launch(stream: Stream, client: CoreClient, closed: AbortSignal): void {
  stream(client, closed).catch((error: unknown) => {
    if (!closed.aborted) console.warn(failureOf(error).message);
  });
}

/** The link, once it is no longer being opened for the first time. */
function opened(): Promise<Link> {
  const { link } = useLink.getState();
  if (link.is !== "connecting") return Promise.resolve(link);
  return new Promise((resolve) => {
    const stop = useLink.subscribe(({ link: now }) => {
      if (now.is === "connecting") return;
      stop();
      resolve(now);
    });
  });
}

/** Calls the host and gives its answer or its failure; never throws. */
export async function call<T>(work: (client: CoreClient) => Promise<T>): Promise<{ ok: true; value: T } | { ok: false; failure: Failure }> {
  const link = await opened();
  if (link.is !== "open") {
    return {
      ok: false,
      failure: {
        code: "host.unreachable",
        message: "The core host is not there just now.",
        remedy: "It comes back by itself; try again then.",
      },
    };
  }
  try {
    return { ok: true, value: await work(link.client) };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}
