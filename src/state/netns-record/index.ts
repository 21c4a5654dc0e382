export {
  isNetnsOfAdd,
  isOwnInside,
  isSame,
  netnsFromJson,
  netnsOfAdd,
  netnsRecord,
  netnsToJson,
} from "./record.ts";
