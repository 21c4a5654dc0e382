export { forwarding } from "./kind.ts";
