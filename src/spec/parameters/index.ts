export { parseArgs, printArgs } from "./args.ts";
export type { Environment, PartialEnvironment } from "./environment.ts";
export {
  checkContainerId,
  checkIfName,
  checkNetworkName,
  checkPluginType,
  MAX_CONTAINER_ID_LENGTH,
  MAX_IFNAME_BYTES,
} from "./names.ts";
export {
  checkRequired,
  ENV,
  type EnvName,
  isOperation,
  OPERATIONS,
  type Operation,
  parseOperation,
  type RequiredOptions,
  requiredVariables,
} from "./operations.ts";
