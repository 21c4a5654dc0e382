/** What the IPAM plugins share: the keys of `ipam` and what is asked for beside them. */
export {
  checkFamilies,
  ipamObject,
  type RequestedTexts,
  requestedTexts,
  requiredIpam,
} from "./config.ts";
export { asConfigError, parseRoutes, routesSchema } from "./route.ts";
