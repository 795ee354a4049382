import { tryExample } from './support/example.js';

tryExample({ name: 'angular', built: 'dist/support/browser', hasTokenServer: true });
