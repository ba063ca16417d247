// Parts of Monaco that come without types.
declare module "monaco-editor/editor/editor.api.js" {
  export * from "monaco-editor";
}
declare module "monaco-editor/editor/contrib/folding/browser/folding.js";
declare module "monaco-editor/editor/contrib/hover/browser/hoverContribution.js";
declare module "monaco-editor/editor/contrib/find/browser/findController.js";
declare module "monaco-editor/language/json/monaco.contribution.js" {
  export const jsonDefaults: {
    setDiagnosticsOptions(options: {
      validate: boolean;
      schemas: readonly { uri: string; fileMatch: readonly string[]; schema: unknown }[];
    }): void;
  };
}
