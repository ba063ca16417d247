/** The build that holds its WebAssembly itself, so that there is no second file to find. */
declare module "sql.js/dist/sql-wasm-inline.js" {
  export { default } from "sql.js";
}
