export { type Wait, waitFor } from "./wait.ts";
