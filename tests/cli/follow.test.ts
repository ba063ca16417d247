// What `botmojo record` leads through the host besides a model's address, and how the program ends with it.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { cli, startCli } from "../support/cli.ts";
import { temporaryFolder } from "../support/core.ts";
import { until } from "../support/program.ts";

function isThere(pid: number): boolean {
  // One that has ended and that nobody has waited for yet is gone, too.
  return existsSync(`/proc/${pid}/stat`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

test("XP3: a program and what it started end with the process that follows them, also by kill -9", async () => {
  const folder = temporaryFolder();
  const places = ["outer", "inner"].map((name) => join(folder, name));
  const sleeper = `require("fs").writeFileSync(process.argv[1], String(process.pid)); setInterval(() => {}, 1000)`;
  writeFileSync(join(folder, "start.sh"), `"$1" -e '${sleeper}' inner & "$1" -e '${sleeper}' outer\n`);
  const args = ["--data-dir", join(folder, "data"), "record", "--", "sh", "start.sh", process.execPath];
  const record = startCli(args, { cwd: folder });
  await until(() => places.every((place) => existsSync(place) && readFileSync(place, "utf8") !== ""));
  const pids = places.map((place) => Number(readFileSync(place, "utf8")));
  onTestFinished(() => {
    for (const pid of pids) if (isThere(pid)) process.kill(pid, "SIGKILL");
  });
  expect(pids.map(isThere)).toEqual([true, true]);
  record.kill("SIGKILL");
  await until(() => !pids.some(isThere));
});

/** A server on another address of this machine than the usual, which programs ask through their proxy. */
async function elsewhere(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume();
    request.on("end", () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.2", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.2:${(server.address() as AddressInfo).port}`;
}

async function shown(data: readonly string[]): Promise<{ run: string; steps: Shown[] }> {
  const [{ id = "" } = {}] = JSON.parse((await cli([...data, "--json", "runs", "ls"])).out) as { id?: string }[];
  return { run: id, ...(JSON.parse((await cli([...data, "--json", "runs", "show", id])).out) as { steps: Shown[] }) };
}

interface Shown {
  readonly id: string;
  readonly notes: readonly object[];
  readonly effects: readonly { readonly call: string; readonly name: string; readonly input: unknown; readonly state: object }[];
}

test("XP4: what a program asks through its proxy is followed: its model, and other pages; a proxy that is set already stays", async () => {
  const folder = temporaryFolder();
  const data = ["--data-dir", join(folder, "data")];
  const asked: string[] = [];
  const url = await elsewhere((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    if (request.method === "GET") return void response.end("a page");
    response.writeHead(200, { "Content-Type": "application/json" });
    response.end(JSON.stringify({ choices: [{ message: { role: "assistant", content: "Hello." } }] }));
  });
  const program = `
    const page = await (await fetch(process.argv[2] + "/page").catch((error) => ({ text: () => error.message }))).text();
    const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hello?" }] });
    const answer = await (await fetch(process.argv[2] + "/v1/chat/completions", { method: "POST", body })).json();
    console.log(page.slice(0, 200), "/", answer.choices[0].message.content);`;
  writeFileSync(join(folder, "agent.mjs"), program);
  const command = ["--", process.execPath, "agent.mjs", url];
  const none = { HTTP_PROXY: undefined, HTTPS_PROXY: undefined, ALL_PROXY: undefined, NODE_USE_ENV_PROXY: undefined };
  const where = { cwd: folder, env: { ...none, http_proxy: undefined, https_proxy: undefined, all_proxy: undefined } };
  const recorded = await cli([...data, "record", ...command], where);
  expect(recorded).toMatchObject({ code: 0, out: "a page / Hello.\n" });
  const { run, steps } = await shown(data);
  expect(steps.map(({ id, effects }) => [id, effects.length])).toEqual([
    ["program", 0],
    ["program/0/exchange", 1],
  ]);
  expect(steps[0]?.notes).toMatchObject([
    { is: "request", method: "GET", host: new URL(url).host, path: "/page", status: 200, received: 6 },
  ]);
  expect((await cli([...data, "runs", "show", run])).out).toMatch(/GET 127\.0\.0\.2:\d+\/page +request +\d+ +200 0 bytes out, 6 in/);

  const replayed = await cli([...data, "replay", run, ...command], where);
  expect(replayed).toMatchObject({ code: 0, out: expect.stringMatching(/nothing answers but the record.* \/ Hello\.\n/) });
  expect(asked).toHaveLength(2);

  const says = ["--", process.execPath, "-p", "[process.env.http_proxy, process.env.HTTPS_PROXY].join()"];
  const kept = await cli([...data, "record", ...says], { ...where, env: { ...where.env, http_proxy: "http://127.0.0.2:9" } });
  expect(kept.out).toBe("http://127.0.0.2:9,\n");
  expect(kept.err).toContain("http_proxy is set already; what goes through that proxy is not seen.");
  expect((await cli([...data, "record", "--no-proxy", ...says], where)).out).toBe(",\n");
});
