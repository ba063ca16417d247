// The typed client that every store uses, whatever carries it.
import type { ContractRouterClient } from "@orpc/contract";
import type { Contract, Failure } from "../../core/contract/index.ts";

export type CoreClient = ContractRouterClient<Contract>;

/** How the window stands with its host. */
export type Link =
  | { readonly is: "connecting" }
  | { readonly is: "open"; readonly client: CoreClient; readonly closed: AbortSignal }
  /** `restarts` when something brings the host back by itself. */
  | { readonly is: "down"; readonly reason: string; readonly restarts: boolean }
  | { readonly is: "failed"; readonly failure: Failure; readonly retry: (() => void) | undefined };

/** Keeps a link to the host and says whenever it changes. Returns its stop. */
export type Connector = (onLink: (link: Link) => void) => () => void;
