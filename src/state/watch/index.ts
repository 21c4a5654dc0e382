/** Hears of changes in directories, as far as inotify(7) goes, and looks at intervals beyond. */
export { DirectoryEvents } from "./directory-events.ts";
export { DirectoryWatch, type WatchOptions } from "./directory-watch.ts";
