/** The door of what a daemon does before it loads anything else. */
export { beginTuned } from "./engine.ts";
