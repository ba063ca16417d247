import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assert, integer, property } from "fast-check";
import { resolveInWorkspace } from "../../../core/security/workspace.ts";
import { majorOf, minorOf } from "../../../core/memory/items.ts";
import { calculate } from "../../../core/tools/calculator.ts";
import { temporaryFolder } from "../../support/core.ts";

test.each([
  ["1+1", 2],
  ["2 + 3 * 4", 14],
  ["(2 + 3) * 4", 20],
  ["17 / 100 * 240", 40.8],
  ["0.1 + 0.2", 0.3],
  ["-2^2", -4],
  ["2^3^2", 512],
  ["7 % 3", 1],
])("T1: %s is %d", (expression, value) => expect(calculate(expression)).toBe(value));

test.each(["1+", "process.exit()", "1/0", "(1", "2 2", "", `${"(".repeat(500)}1`, "9^9^9^9"])(
  "T2: %j is refused in words",
  (expression) => {
    expect(() => calculate(expression)).toThrow(/\w+ .*\w+/);
  },
);

test("T3: money goes to the smallest unit and back without a cent's difference", () => {
  assert(property(integer({ min: 0, max: 10 ** 12 }), (minor) => minorOf(majorOf(minor, "EUR"), "EUR") === minor));
  expect([minorOf("1200", "JPY"), minorOf("1.5", "JPY"), minorOf("1.234", "KWD"), minorOf("0.001", "USD"), minorOf("x", "USD")]).toEqual([
    1200,
    undefined,
    1234,
    undefined,
    undefined,
  ]);
});

test("T4: a path is judged after its links are resolved", () => {
  const workspace = temporaryFolder({ "inside/a.txt": "a" });
  symlinkSync("/etc", join(workspace, "out"));
  const inside = (path: string) => resolveInWorkspace(workspace, path).inside;
  expect([inside("inside/a.txt"), inside("."), inside("inside/not/yet/there"), inside("inside/../inside")]).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect([inside("out/passwd"), inside("../x"), inside("/etc/passwd"), inside("out/none"), inside("inside/../../x")]).toEqual(
    Array(5).fill(false),
  );
});
