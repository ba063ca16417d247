// The state of things at a glance.
import { CircleAlert, CircleCheck, LoaderCircle, Wifi, WifiOff } from "lucide-react";
import type { HostStatus } from "../../core/contract/index.ts";
import { useHost } from "../state/host.ts";
import { useLink } from "../state/link.ts";
import { useScreen } from "../state/screen.ts";
import { Keys } from "../ui/keys.tsx";

export function StatusBar() {
  const link = useLink((state) => state.link);
  const status = useHost((state) => state.status);
  const tokens = status ? status.usageToday.inputTokens + status.usageToday.outputTokens : 0;
  const leaving = status ? leavingOf(status) : [];
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
        {leaving.length > 0 ? <Wifi className="icon" aria-hidden /> : <WifiOff className="icon" aria-hidden />}{" "}
        {leaving.length > 0 ? leaving.join(", ") : "Nothing leaves this machine"}
      </span>
      <button type="button" className="link" onClick={() => useScreen.setState({ overlay: "keys" })}>
        Press <Keys keys="?" /> for keys
      </button>
    </footer>
  );
}

function leavingOf({ model, asked }: HostStatus): string[] {
  const [first, ...others] = asked;
  const programs = first === undefined ? [] : [`A program asks ${first}${others.length > 0 ? ` and ${others.length} more` : ""}`];
  return [...(model.leavesMachine ? [`Goals go to ${model.id}`] : []), ...programs];
}
