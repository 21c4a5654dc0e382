/** A thread of the node daemon; a program of its own for the bundler, beside main.ts. */
import { serveThread } from "../daemon/thread/index.ts";

serveThread(globalThis);
