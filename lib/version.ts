/** The service's version, as results, logs and releases name it. */
import manifest from "../package.json" with { type: "json" };

export const VERSION: string = manifest.version;
