import { CaptureProcessor } from './capture-processor.js';
import { PlaybackProcessor } from './playback-processor.js';

registerProcessor('synthflow-capture', CaptureProcessor);
registerProcessor('synthflow-playback', PlaybackProcessor);
