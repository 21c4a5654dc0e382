export { containerInterface, hostInterface, MTU_SINCE } from "./interface.ts";
export { checkPromised } from "./promised.ts";
