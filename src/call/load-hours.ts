import { importFile, type FileLocation } from './import-file.js';

/** Loads what reads opening hours: a file of its own, for the sites that have some. */
export const loadHours = (location: FileLocation): Promise<typeof import('./hours.js')> =>
  importFile('synthflow-call.hours.js', location, () => import('./hours.js'));
