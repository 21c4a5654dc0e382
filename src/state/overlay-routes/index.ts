/** How routes of fleets' overlays are known, wherever they are met. */

/**
 * The protocol number of routes that an overlay has made (RTPROT_; `ip route show proto 72`). By it and by
 * its place a later start knows its own. No number of linux/rtnetlink.h and of known routing programs.
 */
export const ROUTE_PROTOCOL = 72;
