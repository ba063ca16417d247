// Every table that is made from the log.
import { itemsProjection } from "../../memory/items.ts";
import { messagesProjection } from "../../memory/messages.ts";
import { remindersProjection } from "../../memory/reminders.ts";
import { answersProjection } from "../../models/answers.ts";
import { modelUseProjection } from "../../models/use.ts";
import type { Projection } from "../../store/event-log.ts";
import { forgettingProjection } from "../../store/forgetting.ts";
import { agentRecordProjection } from "./agent-record.ts";
import { runsProjection } from "./run-index.ts";
import { stepMarksProjection } from "./step-marks.ts";

export const projections: readonly Projection[] = [
  runsProjection,
  messagesProjection,
  itemsProjection,
  remindersProjection,
  agentRecordProjection,
  stepMarksProjection,
  answersProjection,
  modelUseProjection,
  forgettingProjection,
];
