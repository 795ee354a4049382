import { tryExample } from './support/example.js';

tryExample({ name: 'next', isServerRendered: true, otherBuild: '--webpack' });
