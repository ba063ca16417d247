// What a server asks of the person in the midst of a call: a form is a question to them, an address is shown and never
// opened, and what asks for a secret is blocked.
import type { ElicitRequestParams, ElicitResult } from "@modelcontextprotocol/client";
import type { ZodType } from "zod";
import { visibleText } from "../../contract/visible-text.ts";
import type { ToolContext } from "../tool.ts";
import { argumentsOf } from "./arguments.ts";

const longestWords = 4000;
const largestSchema = 64 * 1024;
/** A server whose questions no answer fits asks no more of anybody. */
const mostTries = 5;

/** Words by which a form asks for what nobody should type into one. */
const secrets =
  /pass(word|wd|phrase|code)|\bpwd\b|secret|credential|token|api.?key|private.?key|\bpin\b|\bcvv\b|\bcvc\b|\botp\b|one.?time.?code|security.?code|card.?number|social.?security/i;

export interface Asking {
  readonly server: string;
  readonly ask: ToolContext["ask"];
  /** Is told of a question that was not put to the person, and why. */
  readonly onBlocked: (why: string) => void;
}

export async function answerServer(params: ElicitRequestParams, asking: Asking): Promise<ElicitResult> {
  const message = params.message.slice(0, longestWords);
  return params.mode === "url" ? showAddress(params.url, message, asking) : fillForm(params.requestedSchema, message, asking);
}

async function showAddress(url: string, message: string, { server, ask, onBlocked }: Asking): Promise<ElicitResult> {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (url.length > longestWords || !address || address.protocol !== "https:" || address.username !== "" || address.password !== "") {
    onBlocked("wanted the person to open what is no https address");
    return { action: "decline" };
  }
  const { decision } = await ask({
    question: `The MCP server ${server} wants you to open ${address.host} in a browser. It says: ${visibleText(message)} Nothing is opened for you; approve once you agree.`,
    proposal: { server, message, address: address.href },
  });
  return { action: decision === "reject" ? "decline" : "accept" };
}

async function fillForm(schema: object, message: string, { server, ask, onBlocked }: Asking): Promise<ElicitResult> {
  const form = JSON.stringify(schema);
  if (form.length > largestSchema) {
    onBlocked("asked with a form longer than 64 KiB");
    return { action: "decline" };
  }
  if (secrets.test(message.replaceAll("_", " ")) || asksSecret(form)) {
    onBlocked("asked for a password or another secret");
    return { action: "decline" };
  }
  const fits: ZodType = argumentsOf(schema as Record<string, unknown>);
  let fault = "";
  for (let tries = 0; tries < mostTries; tries += 1) {
    const asked = `The MCP server ${server} asks you: ${visibleText(message)}`;
    const { decision, answer } = await ask({
      question: `${asked}${fault === "" ? "" : ` Your answer did not fit: ${fault}.`} Answer with a value for each field; approved as it is, the fields get their defaults.`,
      proposal: { server, message, form: schema },
    });
    if (decision === "reject") return { action: "decline" };
    const checked = fits.safeParse(withDefaults(schema, decision === "answer" ? answer : {}));
    if (checked.success) return { action: "accept", content: checked.data as NonNullable<ElicitResult["content"]> };
    const [issue] = checked.error.issues;
    fault = `${issue?.path.join(".") || "it"}: ${issue?.message ?? "not valid"}`;
  }
  onBlocked("asked what no answer fitted");
  return { action: "cancel" };
}

/** In its fields' names, titles and descriptions, or in that a text is a password. */
function asksSecret(form: string): boolean {
  let found = false;
  JSON.parse(form, function look(this: unknown, key: string, value: unknown) {
    if (typeof value === "string" && ["title", "description", "format"].includes(key)) found ||= secrets.test(value);
    if (typeof value === "object" && value !== null) found ||= secrets.test(key.replaceAll(/[_-]|(?<=[a-z])(?=[A-Z])/g, " "));
    return value;
  });
  return found;
}

function withDefaults(schema: object, given: unknown): unknown {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return given;
  const { properties = {} } = schema as { properties?: Record<string, { default?: unknown }> };
  const defaults = Object.entries(properties).filter(([, field]) => field.default !== undefined);
  return { ...Object.fromEntries(defaults.map(([name, field]) => [name, field.default])), ...given };
}
