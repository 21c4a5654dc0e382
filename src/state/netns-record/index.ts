export { isNetnsOfAdd, isSame, netnsOfAdd, netnsRecord } from "./record.ts";
