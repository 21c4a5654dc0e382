import { type Moment, RUNTIME } from "../case.ts";
import { all, bothFailedAdd, failed, isOp, type Known, words } from "./known.ts";

/** What differs between the two cnitools with the same plugins. */

const KNOWN_OF_RUNTIME: readonly Known[] = [
  {
    ...{ number: "D36", line: /^[+-] answer cnitool/, covers: "step" },
    when: ({ step, ours }) =>
      step.op === "ADD" && / is attached to network .* already/.test(words(ours)),
  },
  {
    ...{ number: "D38", line: /^\+ answer cnitool: failed: .*CHECK is for what ADD has attached/ },
    ...{ when: isOp("CHECK"), covers: "step" },
  },
  { number: "D14", line: /^\+ (answer cnitool|file \S+\.result)\.(interfaces|ips)\./ },
  {
    ...{ number: "D37", line: /^\+ file \/var\/lib\/cni\/results\//, covers: "rest" },
    when: ({ step, ours }) => step.op === "ADD" && failed(ours),
  },
  {
    ...{
      number: "D35",
      line: /^(- (host|c\d|file|nft|iptables|ip6tables) |\+ (\S+ sysctl|file \S+\/lock) )/,
      covers: "rest",
    },
    when: bothFailedAdd,
  },
  { number: "D92", line: /^[+-] /, when: isOp("GC"), covers: "rest" },
];

function isRuntime({ played }: Moment): boolean {
  return played.subject === RUNTIME;
}

export const OF_RUNTIME: readonly Known[] = KNOWN_OF_RUNTIME.map((known) => ({
  ...known,
  when: known.when === undefined ? isRuntime : all(isRuntime, known.when),
}));
