// A call that touches nothing, for policy to judge; what a test is about comes on top.
import type { CallFacts } from "../../core/security/policy.ts";

export const plainCall: CallFacts = {
  agent: "files",
  granted: undefined,
  tool: "shell",
  leave: "always",
  writes: false,
  input: {},
  paths: [],
  hosts: [],
  command: undefined,
  taint: [],
  workspace: "/w",
};
