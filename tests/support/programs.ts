// Programs that nobody here wrote, as their packages ship them: how each is installed, told where its model is, and started.
import { join } from "node:path";
import { root } from "../../electron/setup/places.ts";
import { installApart } from "./install-apart.ts";

export interface ForeignProgram {
  /** The package, and the library through which it asks its model. */
  readonly name: string;
  readonly library: string;
  /** What its library calls itself in a request. */
  readonly agent: RegExp;
  readonly command: readonly string[];
  /** Its own settings, by the file's name. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The endpoint that it asks. `variable`: where it looks for the address. */
  readonly endpoint: { readonly name: string; readonly variable: string; readonly versioned: boolean };
  readonly model: string;
  /** Its tool that reads a file. */
  readonly reads: string;
  /** What is typed once it asks for more. */
  readonly leave?: { readonly after: string; readonly by: string };
}

const folder = join(root, "tests", "programs");

const script = (...path: readonly string[]) => [process.execPath, join(folder, "node_modules", ...path)];

const question = "What does a.txt say?";

export const grokCli: ForeignProgram = {
  name: "@vibe-kit/grok-cli",
  library: "the OpenAI SDK",
  agent: /^OpenAI\/JS /,
  command: [...script("@vibe-kit", "grok-cli", "dist", "index.js"), "--prompt", question],
  settings: {},
  endpoint: { name: "grok", variable: "GROK_BASE_URL", versioned: true },
  model: "grok-code-fast-1",
  reads: "view_file",
};

export const gauntSloth: ForeignProgram = {
  name: "gaunt-sloth-assistant",
  library: "LangGraph.js",
  agent: /^langchainjs-openai\//,
  // Its one-question command puts a number into each question that is another every time; its chat does not.
  command: [...script("gaunt-sloth-assistant", "cli.js"), "--nopipe", "chat", question],
  settings: {
    ".gsloth.config.json": {
      llm: { type: "openai", model: "gpt-4o", useResponsesApi: true },
      writeOutputToFile: false,
      useColour: false,
    },
  },
  endpoint: { name: "openai", variable: "OPENAI_BASE_URL", versioned: true },
  model: "gpt-4o",
  reads: "read_file",
  leave: { after: "  > ", by: "exit\n" },
};

export const nanocoder: ForeignProgram = {
  name: "@nanocollective/nanocoder",
  library: "the AI SDK",
  agent: /\bai-sdk\/anthropic\//,
  command: [...script("@nanocollective", "nanocoder", "dist", "cli.js"), "--trust-directory", "--plain", "run", question],
  settings: {
    "agents.config.json": {
      nanocoder: {
        providers: [
          {
            name: "stand-in",
            sdkProvider: "anthropic",
            baseUrl: "${ANTHROPIC_BASE_URL}/v1",
            apiKey: "${ANTHROPIC_API_KEY}",
            models: ["claude-stand-in"],
          },
        ],
      },
    },
  },
  endpoint: { name: "anthropic", variable: "ANTHROPIC_BASE_URL", versioned: false },
  model: "claude-stand-in",
  reads: "read_file",
};

export function installPrograms(): void {
  installApart(folder);
}
