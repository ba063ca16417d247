// Said across the window when the core host is not there.
import { useLink } from "../state/link.ts";
import { FailureNote } from "../ui/notice.tsx";

export function HostNotice() {
  const { link, seen } = useLink();
  if (link.is === "down") {
    return (
      <div className="host-notice" role="status">
        The core host stopped ({link.reason}).{" "}
        {link.restarts
          ? "It is being restarted; your runs are kept and go on."
          : "Your runs are kept. This page joins it again as soon as it answers; botmojo serve starts it."}
      </div>
    );
  }
  if (link.is !== "failed") return null;
  return (
    <div className={seen ? "host-notice" : "host-failed"}>
      <FailureNote failure={link.failure}>
        {link.retry ? (
          <button type="button" className="button" onClick={link.retry}>
            Try again
          </button>
        ) : null}
      </FailureNote>
    </div>
  );
}
