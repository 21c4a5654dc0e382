/**
 * `npm run demo`: a throwaway host, two containers on each example network, and proofs that all is
 * as it was asked for. The machine's own network is never touched, and no privilege is needed.
 */
import { fileURLToPath } from "node:url";
import { enterThrowawayHost, isInside } from "./demo/enter.ts";
import { play } from "./demo/play.ts";

if (isInside(process.env)) {
  process.exit(await play(process.argv.slice(2), process.env));
} else {
  process.exit(
    await enterThrowawayHost(fileURLToPath(import.meta.url), process.argv.slice(2), process.env),
  );
}
