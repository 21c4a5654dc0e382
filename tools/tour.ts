/**
 * `npm run tour`: types the commands of docs/tour.md on a throwaway host, and writes down there what
 * they print. With `--check` it writes nothing, and fails where the document shows something else.
 */
import { fileURLToPath } from "node:url";
import { enterThrowawayHost, isInside } from "./demo/enter.ts";
import { playTour } from "./tour/play.ts";

if (isInside(process.env)) {
  process.exit(await playTour(process.argv.includes("--check")));
} else {
  const program = fileURLToPath(import.meta.url);
  process.exit(await enterThrowawayHost(program, process.argv.slice(2), process.env));
}
