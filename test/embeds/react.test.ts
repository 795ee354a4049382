import { tryExample } from './support/example.js';

tryExample({ name: 'react', built: 'dist', hasTokenServer: true });
