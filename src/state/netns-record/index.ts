export { isOwnInside } from "./own-link.ts";
export { isNetnsOfAdd, isSame, netnsOfAdd, netnsRecord } from "./record.ts";
