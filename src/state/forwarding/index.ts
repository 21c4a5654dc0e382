export { advertisedLinks } from "./advertised.ts";
export { forwarding } from "./kind.ts";
