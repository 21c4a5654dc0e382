export { findFamily, GENL_HDRLEN, type GenericFamily, genericRequest } from "./family.ts";
