/** The program: serves the one call that it is started for. */
import { main } from "hawser/plugin";
import { plugin } from "./plugin.ts";

// The bundle is CommonJS, so that Node runs it without an extension in its name.
void main(plugin);
