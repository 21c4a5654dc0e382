import type { Scenario } from "../scenario.ts";
import { burst } from "./burst.ts";
import { chain } from "./chain.ts";
import { cluster } from "./cluster.ts";
import { commands } from "./commands.ts";
import { dualStack } from "./dual-stack.ts";
import { flatness } from "./flatness.ts";
import { hostLocal } from "./host-local.ts";
import { hostPort } from "./host-port.ts";
import { memory } from "./memory.ts";
import { neighbours } from "./neighbours.ts";
import { processor } from "./processor.ts";
import { silence } from "./silence.ts";
import { ui } from "./ui.ts";
import { version } from "./version.ts";

/** All questions, in the order in which they are asked and answered. */
export const SCENARIOS: readonly Scenario[] = [
  chain,
  processor,
  version,
  dualStack,
  burst,
  neighbours,
  flatness,
  hostLocal,
  hostPort,
  memory,
  commands,
  cluster,
  ui,
  silence,
];
