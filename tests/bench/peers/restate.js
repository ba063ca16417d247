// Restate: its server with its own settings, and a service in this process.
import * as http2 from "node:http2";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import * as restate from "@restatedev/restate-sdk";
import { measure, versionOf } from "./measure.js";
import { startServer } from "./server.js";

const binary = `@restatedev/restate-server-${process.platform}-${process.arch}/bin/restate-server`;

await measure(async ({ folder, durability }) => {
  const [node, ingress, admin] = await Promise.all([freePort(), freePort(), freePort()]);
  const at = (where, path) => `http://127.0.0.1:${where}/${path}`;
  await startServer(fileURLToPath(import.meta.resolve(binary)), ["--no-logo", "--base-dir", folder, "--bind-ip", "127.0.0.1"], {
    cwd: folder,
    env: {
      RESTATE_NODE_NAME: "bench",
      RESTATE_LISTEN_MODE: "tcp",
      RESTATE_BIND_PORT: String(node),
      RESTATE_INGRESS__BIND_PORT: String(ingress),
      RESTATE_ADMIN__BIND_PORT: String(admin),
      RESTATE_DISABLE_TELEMETRY: "true",
      RESTATE_LOG_FILTER: "warn",
      // Its log is what lasts; the rest is made from it. Unsynced it still outlives the server, as NORMAL does the program.
      RESTATE_LOG_SERVER__ROCKSDB_DISABLE_WAL_FSYNC: String(durability === "normal"),
    },
    ready: () => Promise.all([asked(at(ingress, "restate/health")), asked(at(admin, "health"))]),
  });
  const chain = async (ctx, length) => {
    let n = 0;
    for (let index = 0; index < length; index += 1) n = await ctx.run("step", () => n + 1);
    return n;
  };
  const services = [restate.service({ name: "bench", handlers: { chain } })];
  // Its own server would listen beyond this machine, and could not be stopped. A line for each run would be measured too.
  const service = http2.createServer(restate.createEndpointHandler({ services, logger: () => {} }));
  const port = await listening(service);
  await asked(at(admin, "deployments"), { uri: at(port, "") });
  const counted = (length) => asked(at(ingress, "bench/chain"), length);
  return {
    version: versionOf("@restatedev/restate-server"),
    row: counted,
    run: () => counted(5),
    // It cannot be asked to; what its tables do not hold yet is in its log, in the same folder.
    settle: () => {},
    close: () => void service.close(),
  };
});

async function asked(url, body) {
  const sent = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const answer = await fetch(url, sent);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${text}`);
  return text === "" ? undefined : JSON.parse(text);
}

async function freePort() {
  const server = createServer();
  const port = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listening(server) {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}
