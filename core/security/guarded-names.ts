// Names of files that no tool may read, or that no tool may write, wherever they lie.

/** Files whose whole purpose is to hold secrets. */
const privateNames = /(^|[\\/])(\.env(\.[^\\/]*)?|\.ssh|\.gnupg|\.aws|\.netrc|id_(rsa|ed25519|ecdsa)|[^\\/]+\.pem)([\\/]|$)/i;

/** Where a system shows the insides of its processes and devices. */
const systemPlaces = /^[\\/](proc|sys|dev)([\\/]|$)/;

export function isPrivate(path: string): boolean {
  return privateNames.test(path) || systemPlaces.test(path);
}

/** Files that a shell, an editor, a package manager or version control runs or obeys without being asked. */
const runsByItself =
  /(^|[\\/])(\.git|\.husky|\.vscode|\.idea|\.botmojo)[\\/]|(^|[\\/])(\.(bash|zsh|pro)[^\\/]*|\.npmrc|\.yarnrc(\.yml)?|\.envrc|\.gitconfig|\.gitmodules|package\.json|Makefile)$/i;

export function isObeyed(path: string): boolean {
  return runsByItself.test(path);
}

/** The same in a workspace's own folder, for a wall that knows paths and not patterns. */
export const obeyedNames: readonly string[] = [
  ".git/hooks",
  ".git/config",
  ".husky",
  ".vscode",
  ".idea",
  ".botmojo",
  ".bashrc",
  ".bash_profile",
  ".zshrc",
  ".profile",
  ".npmrc",
  ".yarnrc",
  ".yarnrc.yml",
  ".envrc",
  ".gitconfig",
  ".gitmodules",
];
