// Parts of Monaco that come without types.
declare module "monaco-editor/editor/editor.api.js" {
  export * from "monaco-editor";
}
declare module "monaco-editor/internal/common/workers.js";
declare module "monaco-editor/language/json/monaco.contribution.js" {
  export const jsonDefaults: {
    setDiagnosticsOptions(options: {
      validate: boolean;
      schemas: readonly { uri: string; fileMatch: readonly string[]; schema: unknown }[];
    }): void;
  };
}
