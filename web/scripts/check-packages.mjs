// What reaches a user of the packages: how heavy it is, what it needs, and whether every resolver finds it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const BUDGETS = [
  { what: 'all of @sightline/sdk', code: "export * from '@sightline/sdk'", most: 6_000 },
  { what: 'uuidv7 of @sightline/sdk', code: "export { uuidv7 } from '@sightline/sdk'", most: 500 },
  {
    what: 'all of @sightline/react, beside React and the SDK',
    code: "export * from '@sightline/react'",
    most: 3_300,
    external: ['react', 'react/jsx-runtime', '@sightline/sdk'],
  },
];
let wrong = 0;

function judge(good, text) {
  console.log(`${good ? 'ok   ' : 'WRONG'} ${text}`);
  if (!good) wrong++;
}

async function weight({ code, external }) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    external: external ?? [],
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

for (const budget of BUDGETS) {
  const bytes = await weight(budget);
  judge(bytes < budget.most, `${budget.what}: ${bytes} of ${budget.most} bytes, minified and gzipped`);
}
for (const name of ['sdk', 'react']) {
  const folder = `${root}packages/${name}`;
  const { dependencies = {} } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const own = Object.keys(dependencies).filter((one) => one !== '@sightline/sdk');
  judge(own.length === 0, `@sightline/${name} needs nothing at run time${own.map((one) => ` but ${one}`)}`);
  const attw = `${root}node_modules/.bin/attw`;
  try {
    execFileSync(attw, ['--pack', '.', '--quiet'], { cwd: folder, stdio: 'pipe' });
    judge(true, `@sightline/${name} is found by every resolver`);
  } catch (error) {
    judge(false, `@sightline/${name} is not found by every resolver: ${error.stdout}`);
  }
}
for (const file of ['index.js', 'index.cjs']) {
  const text = readFileSync(`${root}packages/react/dist/${file}`, 'utf8');
  judge(/^(["'])use client\1;/.test(text), `${file} of @sightline/react is for the client`);
}
process.exit(wrong ? 1 : 0);
