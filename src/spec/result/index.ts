export { addressesOf, containerInterface, isContainerInterface } from "./container.ts";
export { convertResult, printResult, resultAs } from "./convert.ts";
export { emptyResult, type ParseResultOptions, parseResult } from "./parse.ts";
export type { Dns, Extra, Interface, IpConfig, Result, Route } from "./types.ts";
