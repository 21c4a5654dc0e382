/** What of this node is a fleet's, wherever it is looked at. */

/** The most addresses or routes of a node that are compared. */
export const LIMIT: { readonly kept: number; readonly bytes: number } = {
  kept: 20_000,
  bytes: 16 * 1024 * 1024,
};
export const BITS = { 4: 32, 6: 128 } as const;
/** As the node daemon names the devices of overlays. */
export const OVERLAY_DEVICE: RegExp = /^fleet[0-9a-f]{10}$/u;
