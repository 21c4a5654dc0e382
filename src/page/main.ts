import { start } from "./start.tsx";

/** The page's door: what the bundle begins with. */
void start();
