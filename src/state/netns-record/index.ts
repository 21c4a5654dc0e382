export { isOwnInside } from "./own-link.ts";
export {
  isNetnsOfAdd,
  isSame,
  netnsFromJson,
  netnsOfAdd,
  netnsRecord,
  netnsToJson,
} from "./record.ts";
