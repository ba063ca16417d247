// Steps of plans, as a person would write them.

/** Works out an expression, or what a reference to one gives. */
export const sum = (id: string, expression: unknown, more: object = {}) => ({
  id,
  kind: "tool",
  tool: "calculator",
  input: { expression },
  ...more,
});
