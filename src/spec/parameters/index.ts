export { parseArgs, printArgs } from "./args.ts";
export {
  checkContainerId,
  checkIfName,
  checkNetworkName,
  checkPluginType,
  MAX_IFNAME_BYTES,
} from "./names.ts";
export {
  checkRequired,
  ENV,
  type EnvName,
  isOperation,
  type Operation,
  OPERATIONS,
  parseOperation,
  type RequiredOptions,
  requiredVariables,
} from "./operations.ts";
