// The one door to the contract: what crosses a boundary, and nothing that runs.
export * from "./events.ts";
export * from "./failure.ts";
export * from "./ids.ts";
export * from "./items.ts";
export * from "./plan.ts";
export * from "./plan-faults.ts";
export * from "./replay.ts";
export * from "./retry.ts";
export * from "./review.ts";
export * from "./rpc.ts";
export * from "./run-diff.ts";
export * from "./run-moment.ts";
export * from "./run-state.ts";
export * from "./settings.ts";
export * from "./undo.ts";
export * from "./usage.ts";
export * from "./views.ts";
