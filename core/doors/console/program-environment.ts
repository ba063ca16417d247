// What a program that is followed finds in its environment in the place of what is there: where its models are, and its
// proxy.
import { fail } from "../../contract/failure.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** By the environment variable that says where an endpoint is: its name here, and where it is when nothing says so. */
const known: Readonly<Record<string, { endpoint: string; usual: string }>> = {
  OPENAI_BASE_URL: { endpoint: "openai", usual: "https://api.openai.com/v1" },
  ANTHROPIC_BASE_URL: { endpoint: "anthropic", usual: "https://api.anthropic.com" },
};
/** Older names of the same. */
const alsoCalled: Readonly<Record<string, readonly string[]>> = { OPENAI_BASE_URL: ["OPENAI_API_BASE"] };
/** Clients want a key before they ask anything, also where nobody will look at it. */
const keys = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY"];
const proxies = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"];

export interface Endpoints {
  /** Where each one's requests go on to, by its name. */
  readonly endpoints: Record<string, string>;
  /** The variables that tell the program of it. */
  readonly variables: Record<string, string>;
}

/** Those that are known, and more as NAME=URL. @throws FailureError `input.invalid` */
export function endpointsOf(env: Environment, more: readonly string[]): Endpoints {
  const endpoints: Record<string, string> = {};
  const variables: Record<string, string> = {};
  for (const [variable, { endpoint, usual }] of Object.entries(known)) {
    endpoints[endpoint] = [variable, ...(alsoCalled[variable] ?? [])].map((name) => env[name]).find(Boolean) ?? usual;
    variables[variable] = endpoint;
  }
  for (const text of more) {
    const [, name, url] = /^([a-z][a-z0-9-]*)=(https?:\/\/.+)$/.exec(text) ?? [];
    if (name === undefined || url === undefined) {
      throw fail("input.invalid", `--upstream ${text} is not NAME=URL.`, "Such as --upstream openrouter=https://openrouter.ai/api/v1");
    }
    endpoints[name] = url;
    variables[`${name.toUpperCase().replaceAll("-", "_")}_BASE_URL`] = name;
  }
  return { endpoints, variables };
}

export function endpointVariables({ variables }: Endpoints, addresses: Readonly<Record<string, string>>): Record<string, string> {
  const named = Object.entries(variables).flatMap(([variable, endpoint]) =>
    [variable, ...(alsoCalled[variable] ?? [])].map((name) => [name, addresses[endpoint] ?? ""]),
  );
  return Object.fromEntries(named) as Record<string, string>;
}

/** What a replay needs so that the program asks at all. */
export function standInKeys(env: Environment): Record<string, string> {
  return Object.fromEntries(keys.filter((name) => !env[name]).map((name) => [name, "recorded"]));
}

/** A proxy that is set already; what goes through it is not seen. */
export function ownProxy(env: Environment): string | undefined {
  return proxies.flatMap((name) => [name, name.toLowerCase()]).find((name) => env[name]);
}

/** For clients that ask through a proxy where they are told to; not for what is on this machine. */
export function proxyVariables(env: Environment, proxy: string): Record<string, string> {
  const spared = [env["no_proxy"] ?? env["NO_PROXY"] ?? "", "localhost", "127.0.0.1", "::1"].filter((name) => name !== "").join(",");
  const both = (name: string, value: string) => ({ [name]: value, [name.toLowerCase()]: value });
  return {
    ...both("HTTP_PROXY", proxy),
    ...both("HTTPS_PROXY", proxy),
    ...both("NO_PROXY", spared),
    // Node's own clients look at the others only with this.
    ...(env["NODE_USE_ENV_PROXY"] === undefined ? { NODE_USE_ENV_PROXY: "1" } : {}),
  };
}

const otlp = "OTEL_EXPORTER_OTLP";
const signals = ["traces", "logs", "metrics"] as const;
type Telemetry = { readonly [signal in (typeof signals)[number]]?: string };

/** Where the program's telemetry goes as things are, by signal. Undefined where it speaks gRPC, which nothing here does:
 * then its variables are left as they are. */
export function telemetryOf(env: Environment): Telemetry | undefined {
  const protocols = ["", ...signals.map((signal) => `_${signal.toUpperCase()}`)].map((part) => env[`${otlp}${part}_PROTOCOL`]);
  if (protocols.includes("grpc")) return undefined;
  const base = env[`${otlp}_ENDPOINT`]?.replace(/\/+$/, "");
  const placed = signals.map(
    (signal) => [signal, env[`${otlp}_${signal.toUpperCase()}_ENDPOINT`] || (base && `${base}/v1/${signal}`)] as const,
  );
  return Object.fromEntries(placed.filter(([, url]) => url && /^https?:/.test(url) && URL.canParse(url)));
}

/** For exporters, whose keys (`OTEL_EXPORTER_OTLP_HEADERS`) stay as they are. */
export function telemetryVariables(env: Environment, address: string): Record<string, string> {
  const own = signals.map((signal) => [`${otlp}_${signal.toUpperCase()}_ENDPOINT`, `${address}/v1/${signal}`] as const);
  return {
    [`${otlp}_ENDPOINT`]: address,
    [`${otlp}_PROTOCOL`]: env[`${otlp}_PROTOCOL`] || "http/protobuf",
    // What is said of one signal goes before what is said of all.
    ...Object.fromEntries(own.filter(([name]) => env[name])),
  };
}
