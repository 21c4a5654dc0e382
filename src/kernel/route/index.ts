export * as address from "./address/index.ts";
export * as filter from "./filter/index.ts";
export * as link from "./link/index.ts";
export * as neighbour from "./neighbour/index.ts";
export * as qdisc from "./qdisc/index.ts";
export * as route from "./route/index.ts";
export * as rule from "./rule/index.ts";
export { RouteSocket } from "./socket.ts";
