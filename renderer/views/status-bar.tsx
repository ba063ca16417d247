// The state of things at a glance.
import { CircleAlert, CircleCheck, LoaderCircle, WifiOff } from "lucide-react";
import { useHost } from "../state/host.ts";
import { useLink } from "../state/link.ts";
import { useScreen } from "../state/screen.ts";
import { Keys } from "../ui/keys.tsx";

export function StatusBar() {
  const link = useLink((state) => state.link);
  const status = useHost((state) => state.status);
  const tokens = status ? status.usageToday.inputTokens + status.usageToday.outputTokens : 0;
  return (
    <footer className="status-bar" aria-label="Status">
      <span role="status">
        {link.is === "open" ? (
          <span className="badge tone-done">
            <CircleCheck className="icon" aria-hidden /> Host running
          </span>
        ) : link.is === "failed" ? (
          <span className="badge tone-failed">
            <CircleAlert className="icon" aria-hidden /> Host stopped
          </span>
        ) : (
          <span className="badge tone-waiting">
            <LoaderCircle className="icon turning" aria-hidden />{" "}
            {link.is !== "down" ? "Connecting" : link.restarts ? "Host restarting" : "Host stopped, trying again"}
          </span>
        )}
      </span>
      <span>{status ? `${status.runs.running} running` : ""}</span>
      <span className="quiet">{status ? `${status.runs.total.toLocaleString("en")} runs kept` : ""}</span>
      <span className="code">{tokens.toLocaleString("en")} tok today</span>
      <span className="grow" />
      <span className="badge">
        <WifiOff className="icon" aria-hidden />{" "}
        {status?.model.leavesMachine ? `Goals go to ${status.model.id}` : "Nothing leaves this machine"}
      </span>
      <button type="button" className="link" onClick={() => useScreen.setState({ overlay: "keys" })}>
        Press <Keys keys="?" /> for keys
      </button>
    </footer>
  );
}
