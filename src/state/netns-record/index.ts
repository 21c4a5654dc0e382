export {
  isNetnsOfAdd,
  isSame,
  netnsFromJson,
  netnsOfAdd,
  netnsRecord,
  netnsToJson,
} from "./record.ts";
