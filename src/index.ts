import { register } from './register.js';

export * from './element/index.js';

register();
