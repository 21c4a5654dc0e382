/**
 * `npm run bare -- npm test`: runs a command as on a machine that has Node, npm and Debian's essential
 * packages, and nothing else. Nothing is removed: the other programs are hidden in a mount namespace of
 * the command's own. `--keep nftables,jq` leaves the programs of some packages. As root.
 */
import { errorText } from "../src/base/index.ts";
import { runBare } from "./bare/bare.ts";

const words = process.argv.slice(2);
// Options end where the command begins, whose own begin in the same way.
const [kept, argv] = words[0] === "--keep" ? [words[1] ?? "", words.slice(2)] : ["", words];
if (argv.length === 0) {
  console.error("usage: npm run bare -- [--keep PACKAGE,PACKAGE] COMMAND [ARGUMENT ...]");
  process.exitCode = 2;
} else {
  try {
    process.exitCode = await runBare(argv, kept.split(","));
  } catch (error) {
    console.error(errorText(error));
    process.exitCode = 1;
  }
}
