// What the run on show asks of a person, and the answer being given.
import { create } from "zustand";
import { CallProposal, definitionOf, type ReviewDecision, type ReviewState, type RunHead } from "../../core/contract/index.ts";
import { readJson, writeJson } from "./json-draft.ts";
import { useRun } from "./run.ts";
import { steer } from "./steering.ts";

interface Answering {
  /** The question on show; the oldest when it is none of the open ones. */
  readonly review: string | undefined;
  /** `change`: other arguments for a call that needs leave. */
  readonly mode: "ask" | "reject" | "answer" | "change";
  readonly reason: string;
  readonly text: string;
}

const nothing: Answering = { review: undefined, mode: "ask", reason: "", text: "" };

export const useAnswering = create<Answering>(() => nothing);

useRun.subscribe(({ id }, before) => {
  if (id !== before.id) useAnswering.setState(nothing);
});

export function openReviews({ reviews }: RunHead): readonly ReviewState[] {
  return reviews.filter(({ decided }) => decided === null);
}

export function reviewShown(run: RunHead, chosen: string | undefined): ReviewState | undefined {
  const open = openReviews(run);
  return open.find(({ id }) => id === chosen) ?? open[0];
}

/** A step outside the approved plan is done or not; every other question can be answered with a value. */
export function canAnswer({ revisions }: RunHead, { kind, step }: ReviewState): boolean {
  const plan = revisions.at(-1)?.plan;
  return kind === "effect" || kind === "question" || (plan !== undefined && definitionOf(plan, step)?.kind === "review");
}

/** What is proposed, where a call needs leave. */
export function proposedCall({ kind, proposal }: ReviewState): CallProposal | undefined {
  const read = kind === "call" ? CallProposal.safeParse(proposal) : undefined;
  return read?.success ? read.data : undefined;
}

/** Opens the arguments of a call that needs leave, as they are proposed. */
export function changeCall({ input }: CallProposal): void {
  useAnswering.setState({ mode: "change", text: writeJson(input) });
}

/** Lets the call be made with the arguments as they stand in the editor. */
export async function approveChanged(): Promise<void> {
  const read = readJson(useAnswering.getState().text);
  if (read.ok) await decide("approve", { answer: read.value });
}

export function showReview(review: string): void {
  useAnswering.setState({ ...nothing, review });
}

/** Opens the place for a reason or an answer, or goes back to the question. */
export function answerBy(mode: Answering["mode"]): void {
  useAnswering.setState({ mode });
}

export async function approveReview(): Promise<void> {
  await decide("approve", {});
}

export async function rejectReview(): Promise<void> {
  await decide("reject", { reason: useAnswering.getState().reason.trim() });
}

export async function answerReview(): Promise<void> {
  const read = readJson(useAnswering.getState().text);
  if (read.ok) await decide("answer", { answer: read.value });
}

async function decide(decision: ReviewDecision, how: { readonly answer?: unknown; readonly reason?: string }): Promise<void> {
  const { newest } = useRun.getState();
  const asked = newest && reviewShown(newest, useAnswering.getState().review);
  if (!asked) return;
  if (await steer((client) => client.review.decide({ review: asked.id, decision, ...how }))) useAnswering.setState(nothing);
}
