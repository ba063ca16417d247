// The window's first breath: the link to the host, the streams, the keys, and the page.
import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "./ui/theme.css";
import "./ui/base.css";
import "./ui/frame.css";
import "./ui/panels.css";
import "./ui/run-list.css";
import "./ui/run.css";
import "./ui/inspector.css";
import "./ui/steering.css";
import "./ui/plan-editor.css";
import "./ui/compare.css";
import "./ui/console.css";
import "./ui/tables.css";
import "./ui/security.css";
import "./ui/floats.css";
import "./ui/narrow.css";
import { createRoot } from "react-dom/client";
import { z } from "zod";
import { App } from "./app.tsx";
import { listenToKeys } from "./commands/keyboard.ts";
import { browserConnector } from "./connection/browser.ts";
import { desktopConnector } from "./connection/desktop.ts";
import { followHost } from "./state/host.ts";
import { followRoom } from "./state/room.ts";
import { startLink } from "./state/link.ts";
import { followLog } from "./state/log.ts";
import { followReminders } from "./state/reminders.ts";
import { followRegistry } from "./state/registry.ts";
import { followRuns } from "./state/runs.ts";

// The page's policy forbids compiling text to code, which zod would otherwise try.
z.config({ jitless: true });

followRoom();
followRuns();
followHost();
followLog();
followRegistry();
followReminders();
startLink(window.botmojo ? desktopConnector(window.botmojo) : browserConnector());
listenToKeys();

const root = document.getElementById("root");
if (root) createRoot(root).render(<App />);
