/** Tables of VLANs are told in link messages of the family AF_BRIDGE. */
export { decodeHeader, encodeHeader, IFINFOMSG_SIZE, type LinkHeader } from "../link/header.ts";
