import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: {
      '@sightline/sdk': here('./packages/sdk/src/index.ts'),
      '@sightline/react': here('./packages/react/src/index.ts'),
    },
  },
  test: {
    projects: [
      { extends: true, test: { name: 'sdk', environment: 'node', include: ['packages/sdk/test/**/*.test.ts'] } },
      {
        extends: true,
        test: {
          name: 'react',
          environment: 'jsdom',
          include: ['packages/react/test/**/*.test.{ts,tsx}'],
          setupFiles: ['packages/react/test/setup.ts'],
          environmentOptions: { jsdom: { url: 'http://app.test/' } },
        },
      },
      {
        extends: true,
        test: { name: 'dashboard', environment: 'node', include: ['dashboard/test/**/*.test.ts'], testTimeout: 60_000 },
      },
      {
        extends: true,
        test: {
          name: 'contract',
          environment: 'node',
          include: ['contract/**/*.test.ts'],
          testTimeout: 40_000,
          hookTimeout: 120_000,
        },
      },
    ],
    coverage: { provider: 'v8', include: ['packages/*/src/**'], reporter: ['text-summary'] },
  },
});
