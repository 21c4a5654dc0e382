export { convertResult, printResult, resultAs } from "./convert.ts";
export { emptyResult, parseResult, type ParseResultOptions } from "./parse.ts";
export type { Dns, Extra, Interface, IpConfig, Result, Route } from "./types.ts";
