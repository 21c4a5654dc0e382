export { containerInterface, hostInterface } from "./interface.ts";
export { checkPromised } from "./promised.ts";
