/** What of a call runs in its Worker; on the page's own thread where there is none. */
export { drawLevels, type Side } from './draw-levels.js';
export { hostSocket } from '../protocol/socket-host.js';
