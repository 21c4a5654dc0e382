/** Tables of VLANs are told in link messages of the family AF_BRIDGE. */
export { decodeHeader, encodeHeader, IFINFOMSG_SIZE } from "../link/header.ts";
