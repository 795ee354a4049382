import { tryExample } from './support/example.js';

tryExample({ name: 'nuxt', isServerRendered: true });
