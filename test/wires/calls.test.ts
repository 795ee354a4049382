import { describeCalls } from '../e2e/support/whole-calls.js';

describeCalls({ codec: 'l16' }, 16_000);
