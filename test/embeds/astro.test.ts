import { tryExample } from './support/example.js';

tryExample({ name: 'astro', isServerRendered: true });
