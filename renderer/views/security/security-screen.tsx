// Is it safe: who may do what, the rules that say so, what confines commands, and how far models may go.
import { useEffect } from "react";
import { followPermissions, usePermissions } from "../../state/permissions.ts";
import { Empty, FailureNote } from "../../ui/notice.tsx";
import { ModelLimits } from "./model-limits.tsx";
import { PermissionMatrix } from "./permission-matrix.tsx";
import { RuleEditor } from "./rule-editor.tsx";
import { RuleList } from "./rule-list.tsx";
import { SandboxProof } from "./sandbox-proof.tsx";

export function SecurityScreen() {
  useEffect(followPermissions, []);
  const { matrix, failure, draft } = usePermissions();
  return (
    <section className="panel screen" aria-label="Security">
      <div className="panel-head">
        <h1>Security</h1>
        <span className="quiet ellipsis">
          what is built in denies first; then a rule that denies goes before one that asks, and that before one that allows
        </span>
      </div>
      {failure ? <FailureNote failure={failure} /> : null}
      {matrix === undefined ? (
        failure ? null : (
          <Empty title="Asking what is allowed…" />
        )
      ) : (
        <div className="security">
          <div className="scroll" tabIndex={0} role="region" aria-label="Permissions">
            <PermissionMatrix matrix={matrix} />
            <p className="security-note quiet">
              A dot: the agent was not given the tool. +1: there is an exception, by the arguments or by where they come from. A cell opens
              what holds, and a rule for it.
            </p>
            <RuleList />
            <SandboxProof />
            <ModelLimits />
          </div>
          {draft ? <RuleEditor matrix={matrix} draft={draft} /> : null}
        </div>
      )}
    </section>
  );
}
