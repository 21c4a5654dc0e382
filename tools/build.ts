/** `npm run build`: dist/hawser, dist/cni and dist/npm, unless they are as new as the sources. */
import { build } from "./build/build.ts";

const started = performance.now();
const worked = await build();
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(worked ? `dist is built (${seconds} s)` : `dist is up to date (${seconds} s)`);
