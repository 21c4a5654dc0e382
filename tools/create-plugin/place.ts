import { join } from "node:path";
import { ROOT } from "../test/files.ts";

/** Where the package stands that makes projects of plugins: `npm create hawser-plugin`. */
export const CREATE_PLUGIN: string = join(ROOT, "packages/create-hawser-plugin");
