import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [react()],
  // The token endpoint: `npm run token`.
  server: { proxy: { '/api/synthflow': 'http://localhost:8787' } },
});
