// Events as log lines for people.
import type { Event, EventData } from "../contract/events.ts";
import type { Log } from "../telemetry/log.ts";

export function narrate(telemetry: Log, event: Event): void {
  const at = { run: event.run ?? undefined, step: event.step ?? undefined, seq: event.seq };
  if (event.recorded) return;
  switch (event.type) {
    case "run.started":
      return telemetry.info("runs", `Started: ${event.data.goal.slice(0, 200)}`, at);
    case "run.suspended":
      return telemetry.info("runs", event.data.reason, at);
    case "run.resumed":
      return telemetry.warn("runs", `Taken up again: ${event.data.reason}`, at);
    case "run.completed":
      return telemetry.info("runs", `Completed: ${event.data.answer.slice(0, 200)}`, at);
    case "run.failed":
      return telemetry.error("runs", `Failed: ${event.data.failure.message}`, at);
    case "run.cancelled":
      return telemetry.warn("runs", event.data.reason, at);
    case "plan.revised":
      return telemetry.info("planning", `Plan revision ${event.data.revision}: ${event.data.reason}`, at);
    case "step.started":
      return telemetry.debug("runs", `Step started, attempt ${event.data.attempt}`, at);
    case "step.completed":
      return telemetry.debug("runs", "Step completed", at);
    case "step.failed":
      return telemetry.error("runs", `Step failed: ${event.data.failure.message}`, at);
    case "step.skipped":
      return telemetry.warn("runs", `Step skipped: ${event.data.reason}`, at);
    case "effect.requested":
      return telemetry.debug(event.data.call === "model" ? "models" : "tools", `${event.data.name} asked`, at);
    case "effect.completed":
      return telemetry.info(event.data.call === "model" ? "models" : "tools", answered(event.data), at);
    case "effect.failed":
      return telemetry.error(event.data.call === "model" ? "models" : "tools", `${event.data.name}: ${event.data.failure.message}`, at);
    case "tool.denied":
      return telemetry.warn("security", `${event.data.tool} denied by ${event.data.rule}: ${event.data.reason}`, at);
    case "item.learned":
      return telemetry.info("memory", `Kept ${event.data.body.kind}: ${event.data.words.slice(0, 200)}`, at);
    case "config.changed":
      return telemetry.info("config", `${event.data.key} changed`, at);
    case "run.paused":
      return telemetry.warn("runs", `Paused: ${event.data.reason}`, at);
    case "run.waiting":
      return telemetry.warn("runs", `Waiting: ${event.data.reason}`, at);
    case "step.retried":
      return telemetry.warn("runs", `Tried ${event.data.tries}: ${event.data.failure.message}`, at);
    case "review.requested":
      return telemetry.warn("review", `Asks: ${event.data.question}`, at);
    case "review.decided":
      return telemetry.info("review", `Decided: ${event.data.decision}`, at);
    case "effect.edited":
      return telemetry.warn("runs", `A person edited ${event.data.key}`, at);
    case "replay.reported":
      return telemetry.info("runs", `Replayed: ${event.data.exact} exact, ${event.data.divergent} divergent, ${event.data.live} live`, at);
    case "message.received":
      return telemetry.info("runs", `Message ${event.data.name}`, at);
    case "plan.approved":
      return telemetry.info("planning", `Plan revision ${event.data.revision} approved`, at);
    case "file.kept":
      return telemetry.info("tools", `Writes ${event.data.path}`, at);
    case "undo.requested":
      return telemetry.debug("runs", `To ${event.data.direction}: ${event.data.files.length} files`, at);
    case "undo.applied":
      return telemetry.warn("runs", event.data.direction === "undo" ? "Undone by a person" : "Brought back by a person", at);
    case "run.imported":
      return telemetry.info("runs", `Imported ${event.data.past.reduce((sum, { events }) => sum + events, 0)} events from a file`, at);
    case "run.removed":
      return telemetry.warn("runs", "Removed", at);
    case "budget.lifted":
      return telemetry.warn("runs", `The limit of ${event.data.of} was lifted`, at);
    case "rules.set":
      return telemetry.info("runs", `Rules for this run alone: ${event.data.rules.length}`, at);
    case "program.noted":
      return telemetry.debug("runs", `${event.data.notes.length} seen of the program`, at);
    case "breakpoints.set":
    case "breakpoint.passed":
    case "message.added":
    case "reminder.due":
      return undefined;
    case "reminder.over":
      return telemetry.info("reminders", `One is ${event.data.how}`, at);
  }
}

function answered({ name, answeredBy, source }: EventData<"effect.completed">): string {
  if (source === "cached") return `${answeredBy ?? name} answered from the cache`;
  return answeredBy === undefined ? `${name} answered` : `${answeredBy} answered in place of ${name}`;
}
