// How a relay is started and told where the host is.

export const relayCommand = "mcp-relay";
/** The host's address for this server; the server itself is not told. */
export const relayVariable = "BOTMOJO_RELAY";
