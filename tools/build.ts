/** `npm run build`: dist/hawser, dist/cni, dist/entry and dist/npm, unless they are as new as the sources. */
import { BuildFailure, build } from "./build/build.ts";

const started = performance.now();
try {
  const worked = await build();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(worked ? `dist is built (${seconds} s)` : `dist is up to date (${seconds} s)`);
} catch (error) {
  if (!(error instanceof BuildFailure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
