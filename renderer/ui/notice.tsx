// What happened, what was kept, and what to do: the one shape of every failure and of every empty place.
import type { ReactNode } from "react";
import type { Failure } from "../../core/contract/index.ts";

export function FailureNote({ failure, children }: { failure: Failure; children?: ReactNode }) {
  return (
    <div className="failure" role="alert">
      <strong>{failure.message}</strong>
      {failure.remedy ? <span>{failure.remedy}</span> : null}
      {children}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children ? <p>{children}</p> : null}
    </div>
  );
}
