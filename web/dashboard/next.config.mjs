import path from 'node:path';

const workspace = path.join(import.meta.dirname, '..');

/** A static export below `/app`, served by the API's own process; nothing of it runs on a server. */
export default {
  output: 'export',
  basePath: '/app',
  trailingSlash: true,
  reactStrictMode: true,
  poweredByHeader: false,
  images: { unoptimized: true },
  outputFileTracingRoot: workspace,
  turbopack: { root: workspace },
};
