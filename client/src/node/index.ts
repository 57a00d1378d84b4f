/** The entry `spillway-client/node`: what needs a file system. */

export { type Downloaded, downloadTo, type DownloadToOptions } from "./download-to.ts";
