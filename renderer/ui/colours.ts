// Tokens as colours that libraries with their own ideas of colour can read.

/** The token's colour as `#rrggbb`, however the style sheet writes it. */
export function tokenColour(name: string): string {
  const context = document.createElement("canvas").getContext("2d");
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  if (!context) return value;
  context.fillStyle = value;
  return context.fillStyle;
}
