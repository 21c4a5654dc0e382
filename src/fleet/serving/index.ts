export { type Servable, type Serving, servable } from "./servable.ts";
