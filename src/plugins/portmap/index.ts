/** The door of the room `plugins/portmap`. */
export {};
