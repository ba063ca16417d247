// The one listener for keys.
import { closeComparison, useCompare } from "../state/compare.ts";
import { leaveDraft, useDraft } from "../state/draft.ts";
import { endTour, useScreen } from "../state/screen.ts";
import { commandOf, type Command } from "./commands.ts";

export function listenToKeys(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    const { overlay, over, tour } = useScreen.getState();
    if (event.key === "Escape" && overlay) return useScreen.setState({ overlay: undefined });
    if (event.key === "Escape" && tour !== undefined) return endTour();
    if (event.key === "Escape" && over) return useScreen.setState({ over: undefined });
    if (event.key === "Escape" && useCompare.getState().pair) return closeComparison();
    const { target } = event;
    if (event.key === "Escape" && useDraft.getState().run) return leaveDraft();
    const typing =
      target instanceof HTMLElement &&
      (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.closest(".monaco-editor") !== null);
    // Arrows belong to whatever list, slider or tab has the focus.
    const owned =
      target instanceof HTMLElement &&
      /^Arrow|^End$/.test(event.key) &&
      target.closest("[role=listbox],[role=tablist],[role=slider],input");
    if (overlay || owned) return;
    run(event, commandOf(event, typing));
  };
  // Editors and terminals have keys of their own; what works anywhere comes before them.
  const first = (event: KeyboardEvent) => {
    if (!useScreen.getState().overlay) run(event, commandOf(event, true));
  };
  window.addEventListener("keydown", first, { capture: true });
  window.addEventListener("keydown", onKey);
  return () => {
    window.removeEventListener("keydown", first, { capture: true });
    window.removeEventListener("keydown", onKey);
  };
}

function run(event: KeyboardEvent, command: Command | undefined): void {
  if (!command) return;
  event.preventDefault();
  event.stopPropagation();
  command.run();
}
