// What the status bar shows: the host, its model, what it has used today.
import { create } from "zustand";
import type { HostStatus } from "../../core/contract/index.ts";
import { keepStreaming } from "./link.ts";

export const useHost = create<{ readonly status: HostStatus | undefined }>(() => ({ status: undefined }));

export function followHost(): () => void {
  return keepStreaming(async (client, signal) => {
    for await (const status of await client.host.watch(undefined, { signal })) useHost.setState({ status });
  });
}
