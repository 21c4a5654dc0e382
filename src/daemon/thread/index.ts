/** The door of the daemon's threads, which load nothing else. */
export { serveThread, type ThreadScope } from "./serve-thread.ts";
