// May this agent make this call? A pure question with a reasoned answer; nothing acts without it.

export interface CallFacts {
  readonly agent: string;
  /** The tools that this agent was given; undefined for a step of the plan itself. */
  readonly granted: readonly string[] | undefined;
  readonly tool: string;
  /** It changes what it touches. */
  readonly writes: boolean;
  /** Files and folders the call would touch, links resolved. */
  readonly paths: readonly { readonly asked: string; readonly path: string; readonly inside: boolean }[];
  readonly workspace: string;
}

/** Names these rules; a decision in the log says by which it was made. */
export const policyVersion = "built-in 1";

export interface Verdict {
  readonly allow: boolean;
  /** Which rule decided. */
  readonly rule: string;
  readonly reason: string;
}

export function judge(facts: CallFacts): Verdict {
  if (facts.granted && !facts.granted.includes(facts.tool)) {
    return {
      allow: false,
      rule: "agents.tools",
      reason: `The agent ${facts.agent} was not given the tool ${facts.tool}.`,
    };
  }
  const outside = facts.paths.find(({ inside }) => !inside);
  if (outside) {
    return {
      allow: false,
      rule: "files.workspace",
      reason: `${outside.asked} lies outside the workspace ${facts.workspace}.`,
    };
  }
  const hidden = facts.paths.find(({ path }) => privateNames.test(path));
  if (hidden) {
    return { allow: false, rule: "files.private", reason: `${hidden.asked} usually holds keys or passwords.` };
  }
  const guarded = facts.writes ? facts.paths.find(({ path }) => runsByItself.test(path)) : undefined;
  if (guarded) {
    return { allow: false, rule: "files.guarded", reason: `${guarded.asked} is run or obeyed by other programs, so no tool writes it.` };
  }
  return { allow: true, rule: "builtin.allow", reason: "A built-in tool that only reads, or keeps what you asked it to." };
}

/** Files whose whole purpose is to hold secrets. */
const privateNames = /(^|[\\/])(\.env(\.[^\\/]*)?|\.ssh|\.gnupg|\.aws|\.netrc|id_(rsa|ed25519|ecdsa)|[^\\/]+\.pem)([\\/]|$)/i;

/** Files that a shell, an editor, a package manager or version control runs or obeys without being asked. */
const runsByItself =
  /(^|[\\/])(\.git|\.husky|\.vscode|\.idea|\.botmojo)[\\/]|(^|[\\/])(\.(bash|zsh|pro)[^\\/]*|\.npmrc|\.yarnrc(\.yml)?|\.envrc|\.gitconfig|\.gitmodules|package\.json|Makefile)$/i;
