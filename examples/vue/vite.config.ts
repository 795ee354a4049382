import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === 'synthflow-call' } } })],
  // The token endpoint: `npm run token`.
  server: { proxy: { '/api/synthflow': 'http://localhost:8787' } },
});
