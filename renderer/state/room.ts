// How much room the window has, and so what stands beside what.
import { create } from "zustand";
import { frameLayout, type FrameLayout } from "../frame-layout.ts";
import { useScreen } from "./screen.ts";

const now = (): FrameLayout => frameLayout(window.innerWidth, window.innerHeight);

export const useRoom = create<FrameLayout>(() => frameLayout(1440, 900));

/** Follows the window's size. A window that becomes low puts its console away. Returns its stop. */
export function followRoom(): () => void {
  const measure = () => {
    const was = useRoom.getState();
    const is = now();
    if (JSON.stringify(was) === JSON.stringify(is)) return;
    useRoom.setState(is);
    if (is.low && !was.low) useScreen.setState({ console: false });
    if (!is.low && was.low) useScreen.setState({ console: true });
  };
  measure();
  window.addEventListener("resize", measure);
  return () => window.removeEventListener("resize", measure);
}
