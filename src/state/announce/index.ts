export { type Announcement, AnnounceStep } from "./step.ts";
