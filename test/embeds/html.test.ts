import { tryExample } from './support/example.js';

tryExample({ name: 'html', hasDev: false, hasTokenServer: true });
