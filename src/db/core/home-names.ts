/** Names of homes: what settings and requests may have. homes.ts says which of them there are. */

/** The home of spaces that were created before there was a choice, and of those for which none is chosen. */
export const FIRST_HOME = "d1:SPACE_DB";

/** What the name of a home looks like, whether there is one or not. */
export const HOME_NAME = /^(?:d1:SPACE_DB(?:_[A-Z0-9_]+)?|object(?::eu)?)$/;
