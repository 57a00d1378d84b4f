/** Names of homes: what settings and requests may have. homes.ts says which of them there are. */

/** What the name of a home looks like, whether there is one or not. */
export const HOME_NAME = /^(?:d1:SPACE_DB(?:_[A-Z0-9_]+)?|object(?::eu)?)$/;
