/** Puts back what CHECK misses of attachments, and names what cannot be put back. */
export { type AttachmentSync, type PluginSync, type SyncState, syncToJson } from "./report.ts";
export { type SyncOptions, syncAttachments } from "./sync.ts";
