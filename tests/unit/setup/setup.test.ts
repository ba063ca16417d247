import { expect, test } from "vitest";
import { dataDirOf, refusedSwitch } from "../../../electron/arguments.ts";
import { missingPackages } from "../../../electron/setup/debian-packages.ts";
import { runtimeName } from "../../../electron/setup/fallback-electron.ts";
import { fitToDisplays } from "../../../electron/window-state.ts";

test("U1: packages that are installed, or provided by one that is, are not missing", () => {
  const listing = "xvfb installed \nlibgtk-3-0t64 installed libgtk-3-0, gtk\nchromium config-files \n";
  expect(missingPackages(["xvfb", "libgtk-3-0", "chromium", "bubblewrap"], listing)).toEqual(["chromium", "bubblewrap"]);
});

test("U2: of the carrier only the runtime is taken", () => {
  const name = (entry: string) => runtimeName(`Cypress/${entry}`);
  expect([name("Cypress"), name("resources.pak"), name("libffmpeg.so"), name("locales/en-US.pak"), name("icudtl.dat")]).toEqual([
    "electron",
    "resources.pak",
    "libffmpeg.so",
    "locales/en-US.pak",
    "icudtl.dat",
  ]);
  expect([
    name("resources/app.asar"),
    name("browser_v8_context_snapshot.bin"),
    name("../../x.pak"),
    name("resources/app/index.js"),
  ]).toEqual([undefined, undefined, undefined, undefined]);
});

test("U3: switches that would open a released app are named", () => {
  expect(refusedSwitch(["--data-dir", "x", "--remote-debugging-port=9222"])).toBe("--remote-debugging-port=9222");
  for (const bad of ["--inspect", "--inspect-brk=1", "--no-sandbox", "--load-extension=x", "--js-flags=--x", "--host-resolver-rules=a"])
    expect(refusedSwitch([bad])).toBe(bad);
  expect(refusedSwitch(["--data-dir=x", "--inspector-of-gadgets"])).toBeUndefined();
});

test("U4: the data directory comes from the switch, then the environment, then the platform", () => {
  expect(dataDirOf(["--data-dir", "/a"], { BOTMOJO_DATA_DIR: "/b" }, "linux")).toBe("/a");
  expect(dataDirOf(["--data-dir=/c"], {}, "linux")).toBe("/c");
  expect(dataDirOf([], { BOTMOJO_DATA_DIR: "/b" }, "linux")).toBe("/b");
  expect(dataDirOf([], { XDG_DATA_HOME: "/d" }, "linux")).toBe("/d/botmojo");
});

test("U5: a window is never opened where no display is", () => {
  const display = { x: 0, y: 0, width: 1920, height: 1080 };
  expect(fitToDisplays({ x: 5000, y: 10, width: 1000, height: 800, maximised: false }, [display])).toEqual({
    width: 1000,
    height: 800,
    maximised: false,
  });
  expect(fitToDisplays({ x: 10, y: 10, width: 4000, height: 800, maximised: true }, [display])).toEqual({
    x: 10,
    y: 10,
    width: 1920,
    height: 800,
    maximised: true,
  });
});
