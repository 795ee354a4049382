import { tryExample } from './support/example.js';

tryExample({ name: 'vue', built: 'dist', hasTokenServer: true });
