import { describeCalls } from './support/whole-calls.js';

// Those over WebSocket media: test/wires.
describeCalls('pcm', 48_000);
