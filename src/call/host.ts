/** What of a call runs in Workers; on the page's own thread where there are none. */
export { drawLevels, type Side } from './draw-levels.js';
export { hostSocket } from '../protocol/socket-host.js';
