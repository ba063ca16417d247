// Said across the window when the core host is not there.
import { useLink } from "../state/link.ts";
import { FailureNote } from "../ui/notice.tsx";

export function HostNotice() {
  const { link, seen } = useLink();
  if (link.is === "down") {
    return (
      <div className="host-notice" role="status">
        The core host stopped ({link.reason}). It is being restarted; your runs are kept and go on.
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
