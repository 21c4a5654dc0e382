import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { quickProfile } from "./quick-profile.ts";

/** Two files, so that they run beside each other: here every second plugin. */
quickProfile(PLUGIN_NAMES.filter((_, at) => at % 2 === 0));
