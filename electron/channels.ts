// The names of what passes between a window and the main process; there is nothing else.

export const channels = {
  /** Window → main: "give me a port to the core host". */
  connect: "botmojo:connect",
  /** Window → main: "try to start the host again". */
  retry: "botmojo:retry",
  /** Main → window: the port. */
  port: "botmojo:port",
  /** Main → window: the host is down, up, or can't start. */
  news: "botmojo:news",
} as const;
