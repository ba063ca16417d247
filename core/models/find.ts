// Which language models are within reach: keys in the environment, and servers on this machine's usual ports.
import { z } from "zod";
import type { FoundModel } from "../contract/views.ts";

const localServers = [
  { title: "Ollama", url: "http://127.0.0.1:11434/v1" },
  { title: "LM Studio", url: "http://127.0.0.1:1234/v1" },
  { title: "llama.cpp", url: "http://127.0.0.1:8080/v1" },
];

const ModelList = z.object({ data: z.array(z.object({ id: z.string().min(1).max(200) })).max(1000) });

const askMs = 800;

/** Asks loopback only; a key in the environment is named, never sent anywhere. */
export async function findModels(env: NodeJS.ProcessEnv, signal?: AbortSignal): Promise<FoundModel[]> {
  const named = env["OLLAMA_HOST"];
  const servers = named ? [{ title: "Ollama", url: ollamaUrl(named) }, ...localServers.slice(1)] : localServers;
  const local = await Promise.all(servers.map((server) => askServer(server, signal)));
  return [...local.flat(), ...fromEnvironment(env)];
}

function fromEnvironment(env: NodeJS.ProcessEnv): FoundModel[] {
  const found: FoundModel[] = [];
  if (env["OPENAI_API_KEY"]) {
    const url = env["OPENAI_BASE_URL"];
    found.push({
      id: "openai/gpt-4.1-mini",
      title: "OpenAI",
      where: url ? `OPENAI_API_KEY and OPENAI_BASE_URL (${url})` : "OPENAI_API_KEY; what you ask leaves this machine",
      settings: { "model.provider": "openai", "model.name": "gpt-4.1-mini", ...(url ? { "model.baseUrl": url } : {}) },
    });
  }
  if (env["ANTHROPIC_API_KEY"]) {
    const url = env["ANTHROPIC_BASE_URL"];
    found.push({
      id: "anthropic/claude-haiku-4-5",
      title: "Anthropic",
      where: url ? `ANTHROPIC_API_KEY and ANTHROPIC_BASE_URL (${url})` : "ANTHROPIC_API_KEY; what you ask leaves this machine",
      settings: {
        "model.provider": "anthropic",
        "model.name": "claude-haiku-4-5",
        ...(url ? { "model.baseUrl": url.endsWith("/v1") ? url : `${url.replace(/\/+$/, "")}/v1` } : {}),
      },
    });
  }
  return found;
}

async function askServer(server: { title: string; url: string }, signal?: AbortSignal): Promise<FoundModel[]> {
  const limit = AbortSignal.timeout(askMs);
  try {
    const response = await fetch(`${server.url}/models`, {
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
      redirect: "error",
    });
    const list = ModelList.parse(await response.json());
    return list.data.slice(0, 50).map(({ id }) => ({
      id: `openai-compatible/${id}`,
      title: server.title,
      where: server.url,
      settings: { "model.provider": "openai-compatible", "model.name": id, "model.baseUrl": server.url },
    }));
  } catch {
    return [];
  }
}

function ollamaUrl(host: string): string {
  const url = /^https?:\/\//.test(host) ? host : `http://${host}`;
  return `${url.replace(/\/+$/, "").replace("0.0.0.0", "127.0.0.1")}/v1`;
}
