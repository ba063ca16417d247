import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openConfig, variableOf } from "../../../core/config/config.ts";
import { temporaryFolder } from "../../support/core.ts";

function open(text?: string, env: NodeJS.ProcessEnv = {}, flags: Record<string, string> = {}) {
  const file = join(temporaryFolder(), "config.yaml");
  if (text !== undefined) writeFileSync(file, text);
  return { file, config: openConfig({ file, mustExist: false, env, flags }) };
}

test("C1: defaults, then the file, then the environment, then flags; each value says where it came from", () => {
  const env = { BOTMOJO_MODEL_NAME: "from-env", BOTMOJO_MODEL_BASE_URL: "http://localhost:2" };
  const { config, file } = open("model:\n  name: from-file\n  provider: openai\n", env, { "model.baseUrl": "http://localhost:3" });
  const shown = Object.fromEntries(config.show().map(({ key, value, origin, where }) => [key, [value, origin, where]]));
  expect(shown["model.provider"]).toEqual(["openai", "file", file]);
  expect(shown["model.name"]).toEqual(["from-env", "environment", "BOTMOJO_MODEL_NAME"]);
  expect(shown["model.baseUrl"]).toEqual(["http://localhost:3", "flag", "command line"]);
  expect(shown["model.timeoutSeconds"]).toEqual([120, "default", "built in"]);
  expect(variableOf("person.timeZone")).toBe("BOTMOJO_PERSON_TIME_ZONE");
});

test("C2: a change keeps the file's comments; a wrong one changes nothing", () => {
  const { config, file } = open("# mine\nmodel:\n  name: a # why\n");
  config.set("model.name", "b");
  expect(readFileSync(file, "utf8")).toBe("# mine\nmodel:\n  name: b # why\n");
  const before = readFileSync(file, "utf8");
  expect(() => config.set("model.provider", "nobody")).toThrow(/"model.provider"/);
  expect(() => config.set("model.baseUrl", "ftp://x")).toThrow(/http or https/);
  expect(() => config.set("model.baseUrl", "http://me:secret@x")).toThrow(/user name/);
  expect(() => config.set("model.apiKeyEnv", "sk-123")).toThrow(/NAME of an environment variable/);
  expect(() => config.set("no.such", "1")).toThrow(/There is no setting "no.such"/);
  expect(readFileSync(file, "utf8")).toBe(before);
  config.unset("model.name");
  expect(config.settings.model.name).toBe("");
});

test.each([
  ["model:\n  name: [\n", /line \d/],
  ["model:\n  nome: x\n", /no setting "model.nome"/],
  ["- a\n- b\n", /is not a list of settings/],
  ["model: 5\n", /"model"/],
  ["model:\n  timeoutSeconds: never\n", /"model.timeoutSeconds"/],
  ["a: &a [x]\nmodel:\n  name: *a\n", /./],
])("C3: a broken file %j is refused with its place", (text, says) => {
  expect(() => open(text)).toThrow(says);
});

test("C4: a file that a person named must be there", () => {
  const file = join(temporaryFolder(), "none.yaml");
  expect(() => openConfig({ file, mustExist: true, env: {}, flags: {} })).toThrow(/no settings file/);
  expect(existsSync(file)).toBe(false);
});

test("C5: names from a file never reach an object's prototype", () => {
  expect(() => open("__proto__:\n  isAdmin: true\n")).toThrow();
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();
});
