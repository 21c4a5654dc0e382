import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { quickProfile } from "./quick-profile.ts";

/** The plugins between those of plugins.netns.test.ts. */
quickProfile(PLUGIN_NAMES.filter((_, at) => at % 2 === 1));
