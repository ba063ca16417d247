// DBOS on a Postgres of its own, as Debian sets it up but for where it listens.
import { execFileSync } from "node:child_process";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DBOS } from "@dbos-inc/dbos-sdk";
import { measure, versionOf } from "./measure.js";
import { startServer } from "./server.js";

const debian = "/usr/lib/postgresql";

await measure(async ({ folder, durability }) => {
  const postgres = await startPostgres(folder, durability);
  const step = (n) => async () => n + 1;
  const chain = DBOS.registerWorkflow(
    async (length) => {
      let n = 0;
      for (let index = 0; index < length; index += 1) n = await DBOS.runStep(step(n), { name: "step" });
      return n;
    },
    { name: "chain" },
  );
  // Postgres' folder is the host that counts; DBOS asks for a name all the same.
  const systemDatabaseUrl = `postgresql://postgres@localhost/bench?host=${encodeURIComponent(folder)}`;
  DBOS.setConfig({ name: "bench", systemDatabaseUrl, logLevel: "error" });
  await DBOS.launch();
  const counted = async (length, workflowID) => (await DBOS.startWorkflow(chain, { workflowID })(length)).getResult();
  return {
    version: versionOf("@dbos-inc/dbos-sdk"),
    data: postgres.data,
    row: (count) => counted(count, "row"),
    run: (id) => counted(5, id),
    settle: () => postgres.run("psql", "-U", "postgres", "-c", "CHECKPOINT"),
    close: () => DBOS.shutdown(),
  };
});

async function startPostgres(folder, durability) {
  const [version] = existsSync(debian) ? readdirSync(debian).toSorted((a, b) => Number(b) - Number(a)) : [];
  if (!version) throw new Error("The Debian package postgresql is missing.");
  const bin = join(debian, version, "bin");
  const as = owner();
  if (as.uid !== undefined) chownSync(folder, as.uid, as.gid);
  const options = { ...as, cwd: folder };
  const run = (program, ...args) => execFileSync(join(bin, program), ["-h", folder, ...args], { ...options, stdio: "ignore" });
  const data = join(folder, "cluster");
  // The log of writes lies beside the data, which alone is what is kept: its files are of a fixed size and used again.
  const made = ["-D", data, "-X", join(folder, "log"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale", "C.UTF-8"];
  execFileSync(join(bin, "initdb"), made, { ...options, stdio: "ignore" });
  dropFromCache(join(folder, "log"));
  // What its users do to have a commit not wait for the disk; like NORMAL it may lose the last ones, never break the rest.
  const commits = `synchronous_commit=${durability === "full" ? "on" : "off"}`;
  const listens = ["-c", "listen_addresses=", "-c", `unix_socket_directories=${folder}`];
  await startServer(join(bin, "postgres"), ["-D", data, ...listens, "-c", commits], {
    ...options,
    ready: () => run("pg_isready"),
    // It ends its own children by this one.
    signal: "SIGQUIT",
  });
  return { data, run };
}

/** Postgres refuses to be root, so its package's own user runs it then. */
function owner() {
  if (process.getuid() !== 0) return {};
  const [uid, gid] = ["-u", "-g"].map((which) => Number(execFileSync("id", [which, "postgres"])));
  return { uid, gid };
}

/** Linux counts a whole folio of its cache as written, and initdb leaves the log in folios of 256 kB: each commit of 8 kB
 * would count as so much. Out of the cache, what is written is counted. */
function dropFromCache(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(folder, entry.name);
    execFileSync("sync", [file]);
    execFileSync("dd", [`if=${file}`, "iflag=nocache", "count=0", "status=none"]);
  }
}
