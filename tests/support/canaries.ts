// Secrets of every known shape, made up: none was ever anybody's.
import { randomOf, type Random } from "./random.ts";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export interface Canary {
  readonly what: string;
  /** What must not be found anywhere. */
  readonly secret: string;
  /** As it turns up in a text. */
  readonly shown: string;
}

/** `count` of them, in turn of every kind; the same for the same seed. */
export function canaries(count: number, seed: number): Canary[] {
  const draw = randomOf(seed);
  return Array.from({ length: count }, (_, index) => {
    const kind = kinds[index % kinds.length];
    if (!kind) throw new Error("there are kinds");
    return kind(draw);
  });
}

function word(draw: Random, length: number, from = letters): string {
  return Array.from({ length }, () => from[draw.below(from.length)]).join("");
}

const plain =
  (what: string, before: string, length: number, from?: string) =>
  (draw: Random): Canary => {
    // With one of each kind of letter, as a key of that length has all but always.
    const secret = `${before}${word(draw, length - 3, from)}${from ? word(draw, 3, "0123456789") : "aB7"}`;
    return { what, secret, shown: secret };
  };
const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

const kinds: readonly ((draw: Random) => Canary)[] = [
  plain("openai key", "sk-", 48),
  plain("openai key", "sk-proj-", 120, `${letters}_-`),
  plain("anthropic key", "sk-ant-api03-", 95, `${letters}_-`),
  plain("github token", "ghp_", 36),
  plain("github token", "ghs_", 36),
  plain("github token", "github_pat_", 82, `${letters}_`),
  plain("gitlab token", "glpat-", 20),
  plain("npm token", "npm_", 36),
  plain("hugging face token", "hf_", 34),
  plain("stripe key", "sk_live_", 24),
  plain("stripe key", "whsec_", 32),
  plain("openrouter key", "sk-or-v1-", 64, "0123456789abcdef"),
  plain("groq key", "gsk_", 52),
  plain("xai key", "xai-", 80),
  plain("perplexity key", "pplx-", 48),
  plain("digitalocean token", "dop_v1_", 64, "0123456789abcdef"),
  plain("telegram token", "1234567890:AA", 33, `${letters}_-`),
  (draw) => {
    const secret = `SG.${word(draw, 22)}.${word(draw, 43)}`;
    return { what: "sendgrid key", secret, shown: secret };
  },
  (draw) => {
    const secret = `${word(draw, 30)}a7`;
    return { what: "credential", secret, shown: `x-api-key: ${secret}` };
  },
  (draw) => {
    const secret = `${word(draw, 12)}a7`;
    return { what: "credential", secret, shown: `\nDB_PASSWORD=${secret}\n` };
  },
  plain("aws key id", "AKIA", 16, upper),
  (draw) => {
    const secret = word(draw, 40);
    return { what: "aws secret key", secret, shown: `aws_secret_access_key = ${secret}` };
  },
  plain("slack token", "xoxb-", 50),
  (draw) => {
    const secret = `T${word(draw, 8, upper)}/B${word(draw, 8, upper)}/${word(draw, 24)}`;
    return { what: "slack hook", secret, shown: `https://hooks.slack.com/services/${secret}` };
  },
  plain("google key", "AIza", 35),
  plain("google token", "ya29.", 60),
  (draw) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const secret = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: word(draw, 12) })}.${word(draw, 43)}`;
    return { what: "jwt", secret, shown: secret };
  },
  (draw) => {
    const secret = Array.from({ length: 4 }, () => word(draw, 64)).join("\n");
    return { what: "private key", secret, shown: `-----BEGIN RSA PRIVATE KEY-----\n${secret}\n-----END RSA PRIVATE KEY-----` };
  },
  (draw) => {
    const secret = word(draw, 12);
    return { what: "password", secret, shown: `postgres://app:${secret}@db.example:5432/main` };
  },
  (draw) => {
    const secret = `${word(draw, 40)}7`;
    return { what: "credential", secret, shown: `> Authorization: Bearer ${secret}` };
  },
];
