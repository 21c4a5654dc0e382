/** What the routers of a link advertise, asked from within a container's namespace. */
export { advertisementOf, type LinkOfRouters } from "./advertisement.ts";
