import { tryExample } from './support/example.js';

tryExample({ name: 'svelte', isServerRendered: true });
