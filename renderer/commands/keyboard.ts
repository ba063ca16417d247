// The one listener for keys.
import { endTour, useScreen } from "../state/screen.ts";
import { commandOf } from "./commands.ts";

export function listenToKeys(): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.defaultPrevented) return;
    const { overlay, over, tour } = useScreen.getState();
    if (event.key === "Escape" && overlay) return useScreen.setState({ overlay: undefined });
    if (event.key === "Escape" && tour !== undefined) return endTour();
    if (event.key === "Escape" && over) return useScreen.setState({ over: undefined });
    const { target } = event;
    const typing = target instanceof HTMLElement && (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
    // Arrows belong to whatever list, slider or tab has the focus.
    const owned =
      target instanceof HTMLElement &&
      /^Arrow|^End$/.test(event.key) &&
      target.closest("[role=listbox],[role=tablist],[role=slider],input");
    if (overlay || owned) return;
    const command = commandOf(event, typing);
    if (!command) return;
    event.preventDefault();
    command.run();
  };
  window.addEventListener("keydown", onKey);
  return () => window.removeEventListener("keydown", onKey);
}
